# citedx as a service. Build: docker build -t citedx .   Run: see compose.yaml and docs/hospital.md.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# A user of its own; /data is the one place it may write to.
RUN useradd --uid 10001 --create-home --home-dir /data --shell /usr/sbin/nologin citedx

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY kg kg
COPY retrieval retrieval
COPY llm llm
COPY evaluation evaluation
COPY ui ui
# PyTorch first and from its CPU index: the reader needs no GPU, and the CUDA build is several GB more.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --index-url "$TORCH_INDEX" "$(grep '^torch==' constraints.txt)" \
    && pip install -c constraints.txt ".[cases,chat,llm]"

USER citedx
ENV CITEDX_CACHE=/data/cache \
    HF_HUB_OFFLINE=1 \
    GRADIO_ANALYTICS_ENABLED=False
VOLUME ["/data"]
EXPOSE 7860

# The first start builds graph and case index into /data, for a minute or two; /health says "loading" meanwhile.
HEALTHCHECK --interval=30s --timeout=5s --start-period=300s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/health', timeout=4)"]

ENTRYPOINT ["citedx"]
CMD ["chat", "--host", "0.0.0.0"]

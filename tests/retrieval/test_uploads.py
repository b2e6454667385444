"""Files as users hand them in: what is a story, what is a case, what is refused and in which words."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import SourceError, UsageError
from retrieval.uploads import MAX_BYTES, MAX_PAGES, read_upload

pypdf = pytest.importorskip("pypdf", reason="needs pypdf (pip install -e '.[documents]')")
fpdf = pytest.importorskip("fpdf", reason="needs fpdf2 (pip install -e '.[documents]')")

STORY = "Café, 3 years\nno fever"
LONG = "Niño de 3 años con fiebre. " * 3
CHINESE = "患儿，女，3岁，癫痫发作，无发热。"


def pdf(*lines: str, password: str | None = None, n_pages: int = 1, algorithm: str = "RC4-128") -> bytes:
    page = fpdf.FPDF()
    for _ in range(n_pages):
        page.add_page()
    page.set_font("helvetica", size=11)
    for line in lines:
        page.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    if password is None:
        return bytes(page.output())
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(bytes(page.output())))
    writer.encrypt(user_password=password, owner_password="owner", algorithm=algorithm)  # noqa: S106
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_without_its_byte_order_mark_and_without_a_note(encoding):
    upload = read_upload(STORY.encode(encoding), "story.txt")
    assert (upload.text, upload.patient, upload.note) == (STORY, None, None)


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (STORY.encode("latin-1"), STORY, "Latin-1 (Windows-1252)"),
        ("“naïve” – 3 µg".encode("cp1252"), "“naïve” – 3 µg", "Latin-1 (Windows-1252)"),
        (f"{LONG}\x81".encode("latin-1"), f"{LONG}\x81", "Latin-1"),
        (CHINESE.encode("gb18030"), CHINESE, "GB 18030"),
    ],
)
def test_other_encodings_are_guessed_and_it_says_so(data, text, encoding):
    upload = read_upload(data, "story.txt")
    assert upload.text == text
    assert upload.note == f"story.txt is not UTF-8; it was read as {encoding}: check that accents and symbols are right"


def test_a_phenopacket_is_a_case_whatever_its_name():
    packet = {"id": "p", "phenotypicFeatures": [{"type": {"id": "HP:0001250", "label": "Seizure"}}]}
    upload = read_upload(b"\xef\xbb\xbf \n" + json.dumps(packet).encode(), "case.txt")
    assert upload.patient is not None
    assert ([f.term_id for f in upload.patient.findings], upload.text) == (["HP:0001250"], "")


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"{}", "has no phenotypicFeatures"), (b"[1]", "expected a JSON object"), (b"{oh", "is not JSON")],
)
def test_json_that_is_no_phenopacket_is_refused(data, says):
    with pytest.raises(SourceError, match=says):
        read_upload(data, "case.json")


def test_the_text_of_a_pdf_is_the_story():
    upload = read_upload(pdf("A boy with seizures and ec-", "topia lentis.", "No fever."), "letter")
    assert upload.text == "A boy with seizures and ectopia lentis.\nNo fever."


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_that_needs_no_password_to_be_read_is_read(algorithm):
    assert read_upload(pdf("No fever.", password="", algorithm=algorithm), "letter.pdf").text == "No fever."


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "x.txt is empty"),
        (b" \n\t", "x.txt is empty"),
        (b"a" * (MAX_BYTES + 1), "x.txt is larger than 5 MB"),
        (b"MZ\x90\x00\x03\x00", "x.txt is not a text file but a Windows program"),
        (b"\x7fELF\x02\x01\x01\x00", "x.txt is not a text file but a Linux program"),
        (b"PK\x03\x04\x14\x00\x00\x00", "a zip archive or an office document"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "x.txt is not a text file but a picture"),
        (b"abc\x00def", "it holds NUL bytes"),
        (b"\x01\x02\x03\x04abc", "4 of its 7 characters are control characters"),
        (b"\xff\xfea\x00\x00\x00", "1 of its 2 characters are control characters"),
        (b"\xff\xfea", "it is not the UTF-16 that its first bytes announce"),
        (b"{\\rtf1 seizures}", "x.txt is rich text"),
        (b"%PDF-1.7\nbroken", "x.txt is a damaged PDF"),
        (pdf("No fever.")[:700], "x.txt is a damaged PDF"),
        (pdf("No fever.", password="secret"), "x.txt is locked with a password"),  # noqa: S106
        (pdf(), "x.txt is a PDF without text, such as a scan"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(data, says):
    with pytest.raises(UsageError) as caught:
        read_upload(data, "x.txt")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_twins_are_no_program():
    assert read_upload(b"MZ twins with seizures.", "x.txt").text == "MZ twins with seizures."


def test_a_name_cannot_steer_what_reads_the_message():
    with pytest.raises(UsageError, match=r"^\ufffd\[31mxy{34}…y{35} is empty$"):
        read_upload(b"", "../../\x1b[31mx" + "y" * 300)


def test_a_pdf_that_takes_too_long_is_given_up():
    with pytest.raises(UsageError, match="takes too long to read"):
        read_upload(pdf("No fever."), "x.pdf", max_pdf_s=0)


def test_a_pdf_of_many_pages_is_refused():
    with pytest.raises(UsageError, match="has 301 pages, more than the limit of 300"):
        read_upload(pdf(n_pages=MAX_PAGES + 1), "x.pdf")


def test_a_pdf_of_too_many_characters_is_refused():
    page = fpdf.FPDF()
    page.set_font("helvetica", size=1)
    line = "x" * 1000
    for _ in range(11):
        page.add_page(format=(2000, 2000))
        for _ in range(100):
            page.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    with pytest.raises(UsageError, match="has more than 1,000,000 characters: keep the parts about the patient"):
        read_upload(bytes(page.output()), "x.pdf")


@given(st.binary(max_size=100))
def test_any_bytes_are_a_story_or_refused(data):
    try:
        upload = read_upload(data, "x.txt")
    except UsageError as error:
        message = str(error)
    else:
        assert upload.text
        assert "\0" not in upload.text
        return
    assert "\n" not in message


@given(st.binary(max_size=60))
def test_a_damaged_pdf_never_breaks_the_program(noise):
    whole = pdf("No fever.")
    middle = len(whole) // 2
    try:
        read_upload(whole[:middle] + noise + whole[middle + 40 :], "x.pdf")
    except UsageError as error:
        message = str(error)
    else:
        return  # the damage was outside of what is read
    assert "\n" not in message

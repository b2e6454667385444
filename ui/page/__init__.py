"""How a consultation looks: records -> escaped HTML, without Gradio.

Promise: every word that comes from a user, a source or a model passes ``html.escape``, and only web addresses become
links. Pure functions; what is clicked comes back as data (``data-action``), which ``ui.case`` holds against the
ontology.
"""

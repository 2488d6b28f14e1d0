"""Encoders: which there are, whether they are ready, and what each listens to."""

import streamlit as st

from synesthete import encoders, settings
from synesthete.ui import catalogues, encoder_cards, frame, main_axes, resources

with frame.begin("Encoders"):
    st.title("Encoders", anchor=False)
    source = catalogues.choose()
    st.markdown(
        "An encoder turns a sound into a point; sounds whose points lie in the same direction sound alike to it. "
        "Each listens differently. Choose one on the Listen page."
    )
    for name in encoders.available():
        encoder_cards.show_encoder(name, is_default=name == settings.DEFAULT_ENCODER)
    main_axes.offer_main_axes(resources.catalogue(source.path))

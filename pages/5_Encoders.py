"""Encoders: side by side on one sound, how good each is on this catalogue, and what each is."""

import streamlit as st

from synesthete.ui import (
    catalogues,
    encoder_cards,
    encoders_compare,
    encoders_quality,
    encoders_similarity,
    frame,
    main_axes,
    resources,
)

SIDE_BY_SIDE, QUALITY, SIMILARITY, VECTORS, ALL = (
    "Side by side",
    "Quality",
    "Mean similarity",
    "Vectors",
    "All encoders",
)

with frame.begin("Encoders"):
    st.title("Encoders", anchor=False)
    source = catalogues.choose()
    catalogue = resources.catalogue(source.path)
    st.markdown(
        "An encoder turns a sound into a point; sounds whose points lie in the same direction sound alike to it. "
        "Each listens differently."
    )
    view = st.segmented_control(
        "What to see",
        [SIDE_BY_SIDE, QUALITY, SIMILARITY, VECTORS, ALL],
        default=SIDE_BY_SIDE,
        required=True,
        key="encoders-view",
        label_visibility="collapsed",
        persist_state="session",
    )
    if view == ALL:
        encoder_cards.show_encoders()
    elif view == VECTORS:
        encoders_similarity.offer_vectors(encoders_compare.ready(source), source)
    else:
        chosen = encoders_compare.choose_encoders(source)
        if view == SIDE_BY_SIDE:
            sound = encoders_compare.choose_query(catalogue)
            if sound is None or len(chosen) < 2:
                st.info("Choose two encoders or more, and a sound.", icon=":material/compare:")
            else:
                encoders_compare.show_side_by_side(chosen, sound, source)
        elif not chosen:
            st.info("Choose an encoder.", icon=":material/compare:")
        elif view == QUALITY:
            encoders_quality.show_quality(chosen, source)
        else:
            encoders_similarity.show_similarity(chosen, source)
            main_axes.offer_main_axes(catalogue)

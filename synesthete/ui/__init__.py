"""Everything that knows Streamlit. Pages call these; nothing below imports them."""

"""Why two sounds match. :func:`~synesthete.explain.match.explain_match` is the one way in; start reading there."""

from synesthete.explain.match import Explanation, Query, Seen, explain_match

__all__ = ["Explanation", "Query", "Seen", "explain_match"]

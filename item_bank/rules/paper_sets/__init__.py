"""Sets of equally hard papers: terms, cells, drawing, repair, report; start in ``engine``."""

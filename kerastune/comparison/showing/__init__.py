"""How a comparison is shown: tables, pictures, the page, and a reproduction."""

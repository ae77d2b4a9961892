"""The multiply-accumulate card: how an output comes about, term by term."""

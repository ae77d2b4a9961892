"""All filters as thumbnails."""

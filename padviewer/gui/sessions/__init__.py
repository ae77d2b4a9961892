"""What was open and how it was looked at, kept between starts."""

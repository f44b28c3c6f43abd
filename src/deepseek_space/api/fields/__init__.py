"""Fields that several protocols share, to ours."""

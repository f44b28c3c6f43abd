"""Components and their wiring, of which the tabs are made."""

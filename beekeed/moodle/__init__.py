"""Both Moodles: the box's, read from its database, and the online one, through web services."""

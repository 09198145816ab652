"""The control API: HTTP and JSON on a unix socket, one table of routes.

For each feature one file with what serves it; `beekeed/ctl` has the file of the
same name that calls and prints it.
"""

"""The whole: settings, the ASGI and WSGI applications, the flow of facts, worker, command line, demo."""

"""The running server: web pages, sockets, command line, delivery of exams at computers."""

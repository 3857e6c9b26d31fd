"""Live answers for a thousand connections, beside the stream that changes them."""

"""What operators see of the gateway: log lines, metrics and traces, from one record a request."""

package modbus

// OpenPlain is Open without the gatherer: the way of other systems and of TLS.
func OpenPlain(rawURL string, opts Options) (*Line, error) { return open(rawURL, opts, plain) }

package modbus

// OpenPlain is Open without the gatherer: the way of other systems, of TLS, and of
// few connections.
func OpenPlain(rawURL string, opts Options) (*Line, error) { return open(rawURL, opts, plain) }

// OpenGathered is Open with the gatherer for every connection: the way of many.
func OpenGathered(rawURL string, opts Options) (*Line, error) { return open(rawURL, opts, gathered) }

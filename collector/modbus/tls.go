package modbus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
)

// dialTLS connects by MODBUS/TCP Security, protocol specification V21: TLS 1.2 or
// later, both sides show a certificate. The files are read at each dial, so that
// a renewed certificate is taken without a restart. The name in the device's
// certificate need not be the host: devices are dialled by address.
func dialTLS(ctx context.Context, a address) (net.Conn, error) {
	conf, err := a.tlsConfig()
	if err != nil {
		return nil, err
	}
	d := tls.Dialer{Config: conf}
	return d.DialContext(ctx, "tcp", a.host)
}

func (a address) tlsConfig() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(a.cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", a.cert, a.key, err)
	}
	authorities, err := os.ReadFile(a.ca)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("certificate authority %s: no certificate in PEM form", a.ca)
	}
	name := a.name
	if name == "" {
		name, _, _ = net.SplitHostPort(a.host) // it was split before
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		RootCAs:      pool,
		ServerName:   name,
	}, nil
}

package soak

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority certifies the device and the collector of one TLS line.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key = a.issue("plant-ca")
	a.issue("device")
	a.issue("collector")
	return a
}

// issue writes NAME.crt and NAME.key; the first one is the authority's own.
func (a *authority) issue(name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	must := func(err error) {
		a.t.Helper()
		if err != nil {
			a.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(240 * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	by, byKey := a.cert, a.key
	if by == nil {
		wanted.IsCA, wanted.BasicConstraintsValid, wanted.KeyUsage, wanted.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
		by, byKey = wanted, key
	}
	der, err := x509.CreateCertificate(rand.Reader, wanted, by, &key.PublicKey, byKey)
	must(err)
	cert, err := x509.ParseCertificate(der)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	must(os.WriteFile(a.path(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(os.WriteFile(a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

func (a *authority) path(file string) string { return filepath.Join(a.dir, file) }

// listen ends TLS for the device.
func (a *authority) listen(t *testing.T) net.Listener {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(a.path("device.crt"), a.path("device.key"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
	})
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// query is what a line's address says of the certificates.
func (a *authority) query() url.Values {
	return url.Values{"cert": {a.path("collector.crt")}, "key": {a.path("collector.key")}, "ca": {a.path("plant-ca.crt")}, "name": {"device"}}
}

package modbus_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"asue/collector/modbus"
)

// plantCA certifies devices and collectors of one plant.
type plantCA struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newPlantCA(t *testing.T) *plantCA {
	t.Helper()
	ca := &plantCA{t: t, dir: t.TempDir()}
	ca.cert, ca.key = ca.issue("plant-ca", true)
	return ca
}

// issue writes NAME.crt and NAME.key, good for the name and no address.
func (ca *plantCA) issue(name string, authority bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	ca.t.Helper()
	must := func(err error) {
		ca.t.Helper()
		if err != nil {
			ca.t.Fatal(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	wanted := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	by, byKey := ca.cert, ca.key
	if authority {
		wanted.IsCA, wanted.BasicConstraintsValid, wanted.KeyUsage, wanted.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
		by, byKey = wanted, key
	}
	der, err := x509.CreateCertificate(rand.Reader, wanted, by, &key.PublicKey, byKey)
	must(err)
	cert, err := x509.ParseCertificate(der)
	must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	must(os.WriteFile(ca.path(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(os.WriteFile(ca.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

func (ca *plantCA) path(file string) string { return filepath.Join(ca.dir, file) }

// listen is a device called "meter-7" that asks for certificates of the plant.
func (ca *plantCA) listen(newest uint16) net.Listener {
	ca.t.Helper()
	ca.issue("meter-7", false)
	pair, err := tls.LoadX509KeyPair(ca.path("meter-7.crt"), ca.path("meter-7.key"))
	if err != nil {
		ca.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		MinVersion: tls.VersionTLS10, MaxVersion: newest,
	})
	if err != nil {
		ca.t.Fatal(err)
	}
	return ln
}

func (ca *plantCA) open(addr, client, name string) *modbus.Line {
	return ca.openFor(leisure, addr, client, name)
}

func (ca *plantCA) openFor(timeout time.Duration, addr, client, name string) *modbus.Line {
	ca.t.Helper()
	q := url.Values{"cert": {ca.path(client + ".crt")}, "key": {ca.path(client + ".key")}, "ca": {ca.path("plant-ca.crt")}}
	if name != "" {
		q.Set("name", name)
	}
	l, err := modbus.Open("tls://"+addr+"?"+q.Encode(), modbus.Options{Timeout: timeout})
	if err != nil {
		ca.t.Fatal(err)
	}
	ca.t.Cleanup(func() { l.Close() })
	return l
}

// openBy opens a line of tls, or of tcp by one way of waiting, to a device that
// answers by the script.
func openBy(t *testing.T, scheme string, timeout time.Duration, script func(request) fault) *modbus.Line {
	t.Helper()
	switch scheme {
	case "tcp":
		return openWith(t, modbus.OpenGathered, serve(t, script).addr, timeout)
	case "plain":
		return openWith(t, modbus.OpenPlain, serve(t, script).addr, timeout)
	}
	ca := newPlantCA(t)
	ca.issue("collector", false)
	return ca.openFor(timeout, serveOn(t, ca.listen(0), script).addr, "collector", "meter-7")
}

func TestBothSidesAreCertified(t *testing.T) {
	ca, stranger := newPlantCA(t), newPlantCA(t)
	ca.issue("collector", false)
	stranger.issue("stranger", false)
	for _, f := range []string{"stranger.crt", "stranger.key"} {
		if err := os.Rename(stranger.path(f), ca.path(f)); err != nil {
			t.Fatal(err)
		}
	}
	well := func(request) fault { return faults["none"] }
	device := serveOn(t, ca.listen(0), well)
	old := serveOn(t, ca.listen(tls.VersionTLS11), well)

	words, err := ca.open(device.addr, "collector", "meter-7").Read(context.Background(), 3, 4, 52, 12)
	if err != nil {
		t.Fatal(err)
	}
	mustBe(t, words, 3, 4, 52, 12)

	refused := func(l *modbus.Line, wants ...string) {
		t.Helper()
		_, err := l.Read(context.Background(), 3, 4, 52, 12)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		var down interface{ Unreachable() bool }
		if want := len(wants) > 0 && wants[0] != "remote error"; errors.As(err, &down) != want {
			t.Errorf("unreachable: %v, want %v: %v", !want, want, err)
		}
	}
	refused(ca.open(device.addr, "collector", ""), "certificate", "127.0.0.1")
	refused(ca.open(device.addr, "collector", "meter-8"), "meter-7", "meter-8")
	refused(ca.open(device.addr, "stranger", "meter-7"), "remote error") // TLS 1.3 tells it after the handshake
	refused(ca.open(device.addr, "nobody", "meter-7"), "nobody.crt", "no such file")
	refused(ca.open(old.addr, "collector", "meter-7"), "protocol version")
}

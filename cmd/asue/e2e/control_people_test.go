package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"
)

// person gives orders through the page's API, as a browser does.
type person struct {
	page, name, password string
	client               *http.Client
	signedIn             time.Time
}

func newPerson(t *testing.T, page, name, password string) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{page: page, name: name, password: password, client: &http.Client{Jar: jar, Timeout: 15 * time.Second}}
}

// ordered is an order as the page answers it.
type ordered struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	ToType string `json:"to_type"`
}

// order gives an order in its two steps, signing in first where the password was given too
// long ago.
func (p *person) order(body map[string]any) (o ordered, err error) {
	if err := p.present(); err != nil {
		return o, err
	}
	kind := body["kind"]
	if kind == "kill" || kind == "disarm" || kind == "reject" { // move nothing
		return o, p.post("/api/v1/orders", body, &o)
	}
	content := maps.Clone(body)
	delete(content, "reason")
	var selected struct {
		ID, Code   string
		Interlocks []struct{ Name, State, Text string }
	}
	if err := p.post("/api/v1/selections", content, &selected); err != nil {
		return o, err
	}
	if selected.ID == "" {
		return o, fmt.Errorf("%v of %s: %w: %v", kind, p.name, errBlocked, selected.Interlocks)
	}
	executed := maps.Clone(body)
	executed["number"], executed["from"], executed["select"], executed["code"] = "1", "the dispatcher of the grid", selected.ID, selected.Code
	return o, p.post("/api/v1/orders", executed, &o)
}

// errBlocked is of an order that an interlock stands in the way of.
var errBlocked = errors.New("cannot be selected")

// approve is the second person's word.
func (p *person) approve(waits ordered) (o ordered, err error) {
	if err := p.present(); err != nil {
		return o, err
	}
	return o, p.post("/api/v1/orders/"+waits.ID+"/approve", map[string]any{"code": waits.ToType}, &o)
}

func (p *person) present() error {
	if time.Since(p.signedIn) < 4*time.Minute {
		return nil
	}
	if err := p.post("/api/v1/login", map[string]any{"name": p.name, "password": p.password}, nil); err != nil {
		return err
	}
	p.signedIn = time.Now()
	return nil
}

func (p *person) post(path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	res, err := p.client.Post("http://"+p.page+path, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode == http.StatusUnauthorized {
		p.signedIn = time.Time{} // the page has forgotten us
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s of %s: %s: %s", path, p.name, res.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// arm lets two persons arm auto.
func arm(one, two *person) error {
	o, err := one.order(map[string]any{"kind": "arm", "reason": "the shift begins"})
	if err != nil {
		return err
	}
	_, err = two.approve(o)
	return err
}

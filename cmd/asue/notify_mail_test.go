package main

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
)

// readable is a mail's subject and body for people: header words and quoted-printable
// taken apart.
func readable(t *testing.T, raw string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	if plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(text))); err == nil {
		text = string(plain)
	}
	return subject + "\n" + text
}

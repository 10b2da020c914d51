package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"asue/metering"
)

// pass is a token whose id and hash are a number.
func pass(n int) metering.Token {
	return metering.Token{ID: fmt.Sprintf("%012x", n), Resident: "r-01", Name: "ТОО «Керамика»", Hash: [32]byte{0: 1, 31: byte(n)}}
}

func (c *ledgerCase) addToken(n int, t metering.Token) metering.Token {
	c.Helper()
	kept, err := c.l.AddToken(c.Context(), t, deed(n, "token.added", "admin", string(t.Resident)))
	c.must(err)
	return kept
}

// tokenLife follows tokens from their making to the time after their end; the audit
// tells the same.
func (c *ledgerCase) tokenLife() {
	ctx := c.Context()
	if _, err := c.l.Token(ctx, "000000000001"); !errors.Is(err, metering.ErrNotFound) {
		c.Errorf("a token that is not there: %v, want ErrNotFound", err)
	}
	late := pass(1)
	late.ExpiresAt = day.Add(90*24*time.Hour + time.Microsecond)
	late.RevokedAt, late.LastUsed = day, day // are not the caller's to say
	got := c.addToken(2, late)
	want := pass(1)
	want.CreatedAt, want.ExpiresAt = day.Add(2*time.Second), day.Add(90*24*time.Hour)
	diff(c, "made", want, got)
	early := c.addToken(1, pass(7))

	c.must(c.l.TokenUsed(ctx, want.ID, day.Add(time.Hour+time.Microsecond)))
	c.must(c.l.TokenUsed(ctx, want.ID, day.Add(time.Minute))) // a clock behind the others'
	want.LastUsed = day.Add(time.Hour)
	c.must(c.l.RevokeToken(ctx, early.ID, deed(3, "token.revoked", "admin", early.ID)))
	early.RevokedAt = day.Add(3 * time.Second)
	c.reopen()
	got, err := c.l.Token(ctx, want.ID)
	c.must(err)
	diff(c, "read again", want, got)
	list, err := c.l.Tokens(ctx)
	c.must(err)
	diff(c, "all of them, in the order in which they were made", []metering.Token{early, want}, list)
	diff(c, "records of the audit", 3, len(c.wholeAudit()))
	diff(c, "the last one", "token.revoked", c.audit(metering.AuditQuery{Limit: 1})[0].Kind)

	for _, at := range []struct {
		t    metering.Token
		now  time.Time
		want error
	}{
		{want, want.ExpiresAt.Add(-time.Millisecond), nil},
		{want, want.ExpiresAt, metering.ErrExpired},
		{early, day.Add(2 * time.Second), metering.ErrRevoked},
		{pass(9), day.AddDate(50, 0, 0), nil},
	} {
		diff(c, fmt.Sprint("opens at ", at.now), true, errors.Is(at.t.Opens(at.now), at.want))
	}
}

// tokenRefusals: what is refused leaves neither a token nor a record behind.
func (c *ledgerCase) tokenRefusals() {
	ctx := c.Context()
	made := c.addToken(1, pass(1))
	why := deed(2, "token.added", "admin", "r-01")
	f := func(what string, want error, why metering.AuditRecord, change func(t *metering.Token)) {
		c.Helper()
		t := pass(2)
		change(&t)
		if _, err := c.l.AddToken(ctx, t, why); !errors.Is(err, want) {
			c.Errorf("%s: AddToken = %v, want %v", what, err, want)
		}
	}
	f("an id that is taken", metering.ErrConflict, why, func(t *metering.Token) { t.ID = made.ID })
	f("an id of another form", metering.ErrRefused, why, func(t *metering.Token) { t.ID = "r-01" })
	f("of nobody", metering.ErrRefused, why, func(t *metering.Token) { t.Resident = "" })
	f("without a hash", metering.ErrRefused, why, func(t *metering.Token) { t.Hash = [32]byte{} })
	f("a novel for a name", metering.ErrRefused, why, func(t *metering.Token) { t.Name = strings.Repeat("ж", 129) })
	f("without a record", metering.ErrRefused, metering.AuditRecord{}, func(*metering.Token) {})
	if err := c.l.RevokeToken(ctx, made.ID, metering.AuditRecord{}); !errors.Is(err, metering.ErrRefused) {
		c.Errorf("RevokeToken without a record = %v", err)
	}
	for what, err := range map[string]error{"RevokeToken": c.l.RevokeToken(ctx, "00000000000f", why), "TokenUsed": c.l.TokenUsed(ctx, "00000000000f", day)} {
		if !errors.Is(err, metering.ErrNotFound) {
			c.Errorf("%s of none = %v", what, err)
		}
	}
	list, err := c.l.Tokens(ctx)
	c.must(err)
	diff(c, "tokens", []metering.Token{made}, list)
	diff(c, "records of the audit", 1, len(c.wholeAudit()))
}

// tokenRace: of many who revoke one token one is heard, and only his record is there.
func (c *ledgerCase) tokenRace() {
	made := c.addToken(1, pass(1))
	var wg sync.WaitGroup
	var heard atomic.Int32
	for n := range 8 {
		wg.Go(func() {
			err := c.l.RevokeToken(c.Context(), made.ID, deed(n, "token.revoked", "admin", made.ID))
			switch {
			case err == nil:
				heard.Add(1)
			case !errors.Is(err, metering.ErrConflict):
				c.Errorf("RevokeToken: %v", err)
			}
		})
	}
	wg.Wait()
	diff(c, "heard", 1, heard.Load())
	diff(c, "records of the audit", 2, len(c.wholeAudit()))
}

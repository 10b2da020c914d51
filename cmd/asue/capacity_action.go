package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"asue/balancing/reclaim"
	"asue/balancing/reclaim/office"
	"asue/balancing/reclaim/register"
	"asue/dashboards/dispatcher"
	"asue/metering"
)

// readAction reads an action from outside. What it says and the office does not know is
// refused: a misspelt field must not pass for an absent one. What the office itself
// writes is not taken from anybody.
func readAction(raw []byte) (office.Action, error) {
	var a office.Action
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&a); err != nil {
		return a, refused("the action cannot be read: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return a, refused("the action cannot be read: something follows after it")
	}
	if a.Kind == office.Draft || a.Kind == office.Drop {
		return a, refused("%s is no action: drafts are made of actions that need a second person, and dropped at /api/v1/drafts/{id}/drop", a.Kind)
	}
	return a, nil
}

func refused(format string, args ...any) error {
	return &dispatcher.CapacityRefusal{Reasons: []string{fmt.Sprintf(format, args...)}}
}

// evidence is the text on which a case is opened: that of the finding with a SHA-256, or
// a text that comes out of the ledger in the same way. Nobody opens a case on what the
// ledger does not bear out.
func (c *capacity) evidence(ctx context.Context, named string) (string, error) {
	site, reg, err := c.registered(ctx)
	if err != nil {
		return "", err
	}
	claim, err := reclaim.ClaimOf(named)
	hash := reclaim.Hash(sha256.Sum256([]byte(named)))
	if err != nil {
		if hash.UnmarshalText([]byte(strings.TrimSpace(named))) != nil {
			return "", refused("evidence: name the finding by its SHA-256, as GET /api/v1/conditions shows it (evidence_sha256)")
		}
		if claim, err = c.found(ctx, site, reg, hash); err != nil {
			return "", err
		}
	}
	if claim.To.After(c.now()) {
		return "", refused("evidence: it reaches to %s, which is to come", day(claim.To.Add(-1), site.Location))
	}
	j, err := judgeAnew(ctx, site, c.ledger, claim)
	switch {
	case err != nil:
		return "", err
	case j == nil:
		return "", refused("evidence: the register has no technical condition of %s at %s in force on %s", claim.Resident, claim.Node, day(claim.To.Add(-1), site.Location))
	case j.evidence.SHA256 != hash:
		return "", &dispatcher.CapacityRefusal{Conflict: true, Reasons: []string{
			"evidence: what comes out of the ledger now is not what was found then: intervals or the register have changed; look at the finding again"}}
	}
	return j.evidence.Text, nil
}

// found is what the finding with some evidence is about, among those that were shown.
func (c *capacity) found(ctx context.Context, site *metering.Site, reg *register.Register, hash reclaim.Hash) (reclaim.Claim, error) {
	if claim, ok := c.years.find(hash); ok {
		return claim, nil
	}
	if _, err := c.year(ctx, site, reg, time.Time{}, nil); err != nil { // the program was started since
		return reclaim.Claim{}, err
	}
	claim, ok := c.years.find(hash)
	if !ok {
		return claim, refused("evidence: no finding of today has the SHA-256 %v: look at the conditions again, of the day that is meant", hash)
	}
	return claim, nil
}

// judgeAnew judges the subject of a claim by the ledger as it is now; nil if it has no
// condition in force.
func judgeAnew(ctx context.Context, site *metering.Site, ledger metering.Ledger, claim reclaim.Claim) (*judged, error) {
	u, err := newUses(ctx, site, ledger, claim.To, time.Duration(claim.Minutes)*time.Minute)
	if err != nil {
		return nil, refused("evidence: %v", err)
	}
	for _, s := range usersOf(site, u.to) {
		if s.Resident == claim.Resident && s.Node == claim.Node {
			j, err := u.judgeOne(ctx, s)
			return &j, err
		}
	}
	return nil, nil
}

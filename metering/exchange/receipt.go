package exchange

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReplyStatus is what the receiver of a message has done with it.
type ReplyStatus int

// Statuses of a reply.
const (
	Accepted              ReplyStatus = 0
	AcceptedNonCommercial ReplyStatus = 1 // taken, with channels that are not commercial
	UnknownChannels       ReplyStatus = 2
	FormatError           ReplyStatus = 3
	NotXML                ReplyStatus = 4
)

// String says what the status means.
func (s ReplyStatus) String() string {
	switch s {
	case Accepted:
		return "accepted"
	case AcceptedNonCommercial:
		return "accepted with non-commercial channels"
	case UnknownChannels:
		return "refused: unknown channels"
	case FormatError:
		return "refused: format error"
	case NotXML:
		return "refused: not XML"
	}
	return fmt.Sprintf("status %d, which is not known", int(s))
}

// Taken reports whether the receiver has the data.
func (s ReplyStatus) Taken() bool { return s == Accepted || s == AcceptedNonCommercial }

// Receipt is the answer to a message: layout 80021, or 60091.
type Receipt struct {
	Class   string
	Number  int64  // of the receipt itself
	Sender  string // INN of who answers
	Replies []Reply
}

// Reply is what a receipt says of one message.
type Reply struct {
	Status ReplyStatus
	Text   string            // everything that stands inside, on one line
	Attrs  map[string]string // as they stand there: number, file and the like differ between receivers
}

const maxReceipt = 4 << 20

// ReadReceipt reads a receipt. It fails on what is no receipt, on one without a
// reply, and on a status that is no number.
func ReadReceipt(r io.Reader) (Receipt, error) {
	dec := xml.NewDecoder(io.LimitReader(r, maxReceipt))
	dec.CharsetReader = charsetNamed
	var receipt Receipt
	var path []string
	var text strings.Builder
	inReply := 0
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Receipt{}, fmt.Errorf("receipt: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(path) == maxDepth {
				return Receipt{}, fmt.Errorf("receipt: elements are nested more than %d deep", maxDepth)
			}
			path = append(path, t.Name.Local)
			switch t.Name.Local {
			case "message":
				receipt.Class = attr(t, "class")
				receipt.Number, _ = strconv.ParseInt(attr(t, "number"), 10, 64) // for people
			case "reply":
				reply := Reply{Attrs: map[string]string{}}
				for _, a := range t.Attr {
					reply.Attrs[a.Name.Local] = a.Value
				}
				status, err := strconv.Atoi(attr(t, "status"))
				if err != nil {
					return Receipt{}, fmt.Errorf("receipt: reply with status %q, which is no number", cut(attr(t, "status"), 20))
				}
				reply.Status = ReplyStatus(status)
				receipt.Replies = append(receipt.Replies, reply)
				inReply = len(path)
				text.Reset()
			}
		case xml.CharData:
			if (inReply > 0 || len(path) > 0 && path[len(path)-1] == "inn") && text.Len() < 64<<10 {
				text.Write(t)
				text.WriteByte(' ')
			}
		case xml.EndElement:
			switch {
			case len(path) == inReply:
				receipt.Replies[len(receipt.Replies)-1].Text = strings.Join(strings.Fields(text.String()), " ")
				inReply = 0
				text.Reset()
			case t.Name.Local == "inn" && len(path) > 1 && path[len(path)-2] == "sender":
				receipt.Sender = strings.TrimSpace(text.String())
				text.Reset()
			}
			path = path[:len(path)-1]
		}
	}
	switch {
	case receipt.Class != "80021" && receipt.Class != "60091":
		return Receipt{}, fmt.Errorf("receipt: a message of class %q is none: 80021 and 60091 are", cut(receipt.Class, 20))
	case len(receipt.Replies) == 0:
		return Receipt{}, errors.New("receipt: there is no reply in it")
	}
	return receipt, nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"asue/cmd/internal/cli"
	"asue/cmd/internal/node"
	"asue/metering"
	"asue/metering/password"
)

// passwordFlags say where a password comes from.
type passwordFlags struct {
	file       string
	stdin      bool
	random     bool
	mustChange bool
}

func (p *passwordFlags) bind(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&p.file, "password-file", "", "file that holds the password and nothing else")
	f.BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input, one line")
	f.BoolVar(&p.random, "random", false, "make a password at random and print it once")
	f.BoolVar(&p.mustChange, "must-change", true, "the person must choose another one after signing in")
}

func (p passwordFlags) check() error {
	sources := 0
	for _, on := range []bool{p.file != "", p.stdin, p.random} {
		if on {
			sources++
		}
	}
	if sources > 1 {
		return cli.Usagef("a password comes from one place: --password-file, --password-stdin or --random")
	}
	return nil
}

// hash gets the password, judges it, and puts its hash into the account.
func (p passwordFlags) hash(cmd *cobra.Command, name string, a *metering.Account) (chosen string, err error) {
	if chosen, err = p.get(cmd, name); err != nil {
		return "", err
	}
	if err := password.Accept(chosen, name); err != nil {
		return "", err
	}
	a.Password, err = password.NewHasher(password.Usual()).Hash(cmd.Context(), chosen)
	return chosen, err
}

func (p passwordFlags) get(cmd *cobra.Command, name string) (string, error) {
	switch {
	case p.random:
		return password.Random(), nil
	case p.file != "":
		text, err := os.ReadFile(p.file)
		if err != nil {
			return "", cli.Usagef("--password-file: %v", err)
		}
		return strings.TrimRight(string(text), "\r\n"), nil
	case p.stdin:
		line, err := readLine(cmd.InOrStdin())
		if err != nil {
			return "", cli.Usagef("--password-stdin: %v", err)
		}
		return line, nil
	case !node.IsTerminal(os.Stdin):
		return "", cli.Usagef("there is no terminal to ask for the password: use --password-stdin, --password-file or --random")
	}
	return askTwice(cmd.ErrOrStderr(), name)
}

// askTwice asks at the terminal.
func askTwice(out io.Writer, name string) (string, error) {
	var said [2]string
	for i, prompt := range []string{"New password of " + name + ": ", "Once more: "} {
		fmt.Fprint(out, prompt)
		line, err := readSilently(os.Stdin)
		fmt.Fprintln(out)
		if err != nil {
			return "", err
		}
		said[i] = line
	}
	if said[0] != said[1] {
		return "", errors.New("the two passwords differ: nothing is changed")
	}
	return said[0], nil
}

// readLine reads up to the end of the line and not a byte further.
func readLine(r io.Reader) (string, error) {
	var line []byte
	one := make([]byte, 1)
	for len(line) <= 4096 {
		n, err := r.Read(one)
		switch {
		case n == 1 && one[0] == '\n', errors.Is(err, io.EOF) && len(line) > 0:
			return strings.TrimSuffix(string(line), "\r"), nil
		case n == 1:
			line = append(line, one[0])
		case err != nil:
			return "", fmt.Errorf("no line came: %w", err)
		}
	}
	return "", errors.New("the line has no end")
}

// tell says what was done, and a random password once.
func (p passwordFlags) tell(out io.Writer, chosen, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if p.random {
		text += "; the password, which is not said again: " + chosen
	} else if n := len([]rune(chosen)); n < password.Recommended {
		text += fmt.Sprintf("; %d letters or more are better than %d", password.Recommended, n)
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

package victoria

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"asue/metering"
)

// largestAnswer bounds what one query may take of our memory.
const largestAnswer = 256 << 20

// Range implements metering.Series. It asks past the engine's cache, so a sample
// that came late is seen; each answer has the metric's name under "__name__".
// Values that are not finite are left out.
func (s *Series) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]metering.Track, error) {
	if step < time.Millisecond || to.Before(from) {
		return nil, fmt.Errorf("query %q over [%v, %v] at every %v: %w", query, from, to, step, metering.ErrRefused)
	}
	data, err := s.ask(ctx, "/api/v1/query_range", url.Values{
		"query":   {query},
		"start":   {seconds(from.UnixMilli())},
		"end":     {seconds(to.UnixMilli())},
		"step":    {seconds(step.Milliseconds())},
		"nocache": {"1"},
	})
	if err != nil {
		return nil, err
	}
	var matrix struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Values []point           `json:"values"`
		} `json:"result"`
	}
	if err := json.Unmarshal(data, &matrix); err != nil {
		return nil, fmt.Errorf("series store: answer to %q: %w", query, err)
	}
	tracks := make([]metering.Track, 0, len(matrix.Result))
	for _, r := range matrix.Result {
		track := metering.Track{Labels: r.Metric}
		for _, p := range r.Values {
			if !math.IsNaN(p.value) && !math.IsInf(p.value, 0) {
				track.Times = append(track.Times, p.at)
				track.Values = append(track.Values, p.value)
			}
		}
		tracks = append(tracks, track)
	}
	return tracks, nil
}

// seconds prints milliseconds as the decimal seconds of the query API, exactly.
func seconds(ms int64) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	return fmt.Sprintf("%s%d.%03d", sign, ms/1000, ms%1000)
}

// point is one [seconds, "value"] of an answer.
type point struct {
	at    time.Time
	value float64
}

// UnmarshalJSON reads the pair.
func (p *point) UnmarshalJSON(b []byte) error {
	var pair [2]json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	at, err := strconv.ParseFloat(string(pair[0]), 64)
	if err != nil {
		return fmt.Errorf("time %s: %w", pair[0], err)
	}
	var text string
	if err := json.Unmarshal(pair[1], &text); err != nil {
		return err
	}
	if p.value, err = strconv.ParseFloat(text, 64); err != nil {
		return fmt.Errorf("value %q: %w", text, err)
	}
	p.at = time.UnixMilli(int64(math.Round(at * 1000))).UTC()
	return nil
}

// ask sends a query and returns the "data" of its answer.
func (s *Series) ask(ctx context.Context, path string, form url.Values) (json.RawMessage, error) {
	if s.closed.Load() {
		return nil, metering.ErrClosed
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.QueryURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("series store: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("series store: %w", err)
	}
	defer drain(response)
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("series store: read the answer: %w", err)
	}
	if len(body) > largestAnswer {
		return nil, fmt.Errorf("series store: the answer to %q is larger than %d MiB; ask for a shorter time or a longer step", form.Get("query"), largestAnswer>>20)
	}
	var answer struct {
		Data  json.RawMessage `json:"data"`
		Error string          `json:"error"`
	}
	if response.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &answer); err != nil {
			return nil, fmt.Errorf("series store: %s: %w", path, err)
		}
		return answer.Data, nil
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		answer.Error = string(body[:min(len(body), 512)])
	}
	return nil, refusal(response.StatusCode, form.Get("query"), strings.TrimSpace(answer.Error))
}

// refusal makes an error of an answer: 400 (Prometheus) and 422
// (VictoriaMetrics) say that the query is wrong, the rest may pass by itself.
func refusal(status int, query, message string) error {
	if status == http.StatusBadRequest || status == http.StatusUnprocessableEntity {
		return fmt.Errorf("query %q: %w: %s", query, metering.ErrRefused, message)
	}
	return fmt.Errorf("series store: query %q: status %d: %s", query, status, message)
}

// startOf finds when a process started in its /metrics.
func startOf(r io.Reader) (string, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for _, name := range []string{"vm_app_start_timestamp ", "process_start_time_seconds "} {
			if v, ok := strings.CutPrefix(lines.Text(), name); ok {
				return strings.TrimSpace(v), nil
			}
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fmt.Errorf("series store: read /metrics: %w", err)
	}
	return "", nil
}

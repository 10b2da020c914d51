package main

import (
	"time"

	"github.com/goccy/go-yaml"

	"asue/metering"
	"asue/metering/site"
)

type rawConfig struct {
	Site      *string       `yaml:"site"`
	Data      *string       `yaml:"data"`
	HTTP      *string       `yaml:"http"`
	Hosts     []string      `yaml:"hosts"`
	Roles     []role        `yaml:"roles"`
	LogLevel  *string       `yaml:"log_level"`
	Broker    *rawBroker    `yaml:"broker"`
	Collector *rawCollector `yaml:"collector"`
	Series    *rawSeries    `yaml:"series"`
	Balancer  *struct {
		Block *time.Duration `yaml:"block"`
	} `yaml:"balancer"`
}
type rawBroker struct {
	Listen       *string `yaml:"listen"`
	URL          *string `yaml:"url"`
	User         *string `yaml:"user"`
	PasswordFile *string `yaml:"password_file"`
}
type rawCollector struct {
	Name    *string           `yaml:"name"`
	Lines   map[string]string `yaml:"lines"`
	Fast    *time.Duration    `yaml:"fast"`
	Energy  *time.Duration    `yaml:"energy"`
	Slow    *time.Duration    `yaml:"slow"`
	Timeout *time.Duration    `yaml:"timeout"`
}
type rawSeries struct {
	URL       *string        `yaml:"url"`
	QueryURL  *string        `yaml:"query_url"`
	Retention *time.Duration `yaml:"retention"`
	Keep      *time.Duration `yaml:"keep"`
}

func set[T any](into *T, v *T) {
	if v != nil {
		*into = *v
	}
}

func parseConfig(file string, src []byte) (config, site.Faults) {
	c := defaultConfig()
	var r rawConfig
	if err := yaml.UnmarshalWithOptions(src, &r, yaml.Strict()); err != nil {
		return c, site.Faults{{File: file, Severity: site.Error, What: err.Error()}}
	}
	set(&c.SiteFile, r.Site)
	set(&c.Data, r.Data)
	set(&c.HTTP, r.HTTP)
	set(&c.LogLevel, r.LogLevel)
	c.Hosts = r.Hosts
	if r.Roles != nil {
		c.Roles = r.Roles
	}
	if b := r.Broker; b != nil {
		set(&c.Broker.Listen, b.Listen)
		set(&c.Broker.URL, b.URL)
		set(&c.Broker.User, b.User)
		set(&c.Broker.PasswordFile, b.PasswordFile)
	}
	if b := r.Collector; b != nil {
		set(&c.Collector.Name, b.Name)
		set(&c.Collector.Fast, b.Fast)
		set(&c.Collector.Energy, b.Energy)
		set(&c.Collector.Slow, b.Slow)
		set(&c.Collector.Timeout, b.Timeout)
		for id, url := range b.Lines {
			c.Collector.Lines = append(c.Collector.Lines, lineConfig{metering.LineID(id), url})
		}
	}
	if b := r.Series; b != nil {
		set(&c.Series.URL, b.URL)
		set(&c.Series.QueryURL, b.QueryURL)
		set(&c.Series.Retention, b.Retention)
		set(&c.Series.Keep, b.Keep)
	}
	if r.Balancer != nil {
		set(&c.Balancer.Block, r.Balancer.Block)
	}
	return c, nil
}

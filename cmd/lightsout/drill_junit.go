package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"lightsout/cmd/internal/cli"
)

// The parts of JUnit XML that CI systems read. Times are in seconds.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name       string          `xml:"name,attr"`
		Class      string          `xml:"classname,attr"`
		Time       string          `xml:"time,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Failure    *junitFailure   `xml:"failure,omitempty"`
		Output     string          `xml:"system-out,omitempty"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit writes a test case of each drill.
func writeJUnit(path string, outcomes []drillOutcome) error {
	suite := junitSuite{Name: "lightsout drill", Tests: len(outcomes)}
	var all time.Duration
	for i := range outcomes {
		one, err := junitCaseOf(&outcomes[i])
		if err != nil {
			return err
		}
		if one.Failure != nil {
			suite.Failures++
		}
		all += outcomes[i].ran.took
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = secondsText(all)
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return cli.WriteFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s%s\n", xml.Header, data)
		return err
	})
}

func junitCaseOf(o *drillOutcome) (junitCase, error) {
	var text strings.Builder
	if o.print != nil {
		if err := o.print(&text); err != nil {
			return junitCase{}, err
		}
	}
	one := junitCase{Name: o.name, Class: "lightsout.drill", Time: secondsText(o.ran.took), Output: text.String()}
	if o.ran.seed != "" {
		one.Properties = append(one.Properties, junitProperty{"seed", o.ran.seed})
	}
	one.Properties = append(one.Properties, junitProperty{"strikes", strconv.Itoa(o.ran.strikes)}, junitProperty{"version", buildVersion()})
	one.Properties = append(one.Properties, o.figures...)
	if !o.passed {
		one.Failure = &junitFailure{strings.Join(o.broken[:min(1, len(o.broken))], ""), strings.Join(o.broken, "\n")}
	}
	return one, nil
}

func secondsText(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

package drive

import (
	"fmt"
	"strings"

	"lightsout/race"
)

// Invented people and teams; any resemblance is coincidental.
var (
	givenNames = []string{
		"Aiko", "Bastien", "Carla", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Luca", "Mira",
		"Nils", "Odile", "Pavel", "Quinn", "Rosa", "Sami", "Tara", "Ugo", "Vera", "Wim", "Xenia", "Yann", "Zora",
	}
	surnames = []string{
		"Arkwell", "Belloni", "Castrane", "Dravik", "Eskeland", "Fontaro", "Grimaud", "Halvorn", "Istrate", "Jurado",
		"Kestrin", "Lindqvar", "Morvane", "Nakatori", "Ostrander", "Pellisk", "Quarrier", "Rostova", "Severin",
		"Tavarich", "Ulmgren", "Valtierra", "Wexmoor", "Xandrel", "Yorvik", "Zeladon", "Brandeis", "Corvanto",
		"Duquesne", "Ferrand", "Holloran", "Koskela", "Marchetta", "Norgaard", "Pereval", "Sorrell", "Thorne",
	}
	endings    = []string{"", "sen", "ova", "ini", "ard", "el", "oux", "ez", "ski", "man"}
	teamNames  = []string{"Aurora", "Basalt", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Halcyon", "Indigo", "Juniper"}
	teamKinds  = []string{"Racing", "Motorsport", "GP", "Works", "Competition", "Engineering", "Autosport", "Speed"}
	teamColour = []string{
		"d6452b", "2f7fd8", "1f9a6d", "b8860b", "9a4fd1", "d1478f", "0f93a8", "7a8290", "c2641a", "5a8f1f",
	}
)

// enter invents the entries, or completes those of the Config.
func (m *Model) enter() []race.Entry {
	if m.cfg.Entries != nil {
		return append([]race.Entry(nil), m.cfg.Entries...)
	}
	entries := inventTeamsOf(m.cfg.Cars, int(m.p.start.carsPerTeam))
	if m.cfg.Setup != nil {
		m.cfg.Setup.apply(entries)
	}
	return entries
}

// invent makes the entries of a race without a setup.
func invent(cars int) []race.Entry { return inventTeamsOf(cars, int(defaults.start.carsPerTeam)) }

func inventTeamsOf(cars, each int) []race.Entry {
	codes := newCodes()
	entries := make([]race.Entry, cars)
	for i := range entries {
		given, surname := driverName(i)
		team := i / each
		entries[i] = race.Entry{
			Number: carNumber(i, len(entries)), Code: codes.of(surname, given),
			Name: given + " " + surname, Team: teamName(team), Colour: colour(team),
		}
	}
	return entries
}

// carNumber spreads a small field over 1 to 99, as real numbers are; a large field is numbered consecutively.
func carNumber(i, cars int) int {
	if cars > 99 {
		return i + 1
	}
	return (i*38+43)%99 + 1 // 38 and 99 are coprime
}

func driverName(i int) (given, surname string) {
	n := len(surnames)
	given = givenNames[(i*7+i/len(givenNames))%len(givenNames)]
	surname = surnames[i*11%n]
	if round := i / n; round > 0 {
		surname += endings[round%len(endings)]
		if round >= len(endings) {
			surname += "-" + surnames[round/len(endings)%n]
		}
	}
	return given, surname
}

func teamName(team int) string {
	n := len(teamNames)
	name := teamNames[team%n] + " " + teamKinds[(team+team/n)%len(teamKinds)]
	if round := team / (n * len(teamKinds)); round > 0 {
		name += fmt.Sprintf(" %d", round+1)
	}
	return name
}

// colour returns a team's colour: of medium lightness, legible on dark and on light ground.
func colour(team int) string {
	if team < len(teamColour) {
		return teamColour[team]
	}
	hue := team * 137 % 360 // about the golden angle: neighbours differ
	part := hue % 60 * 120 / 60
	low, high := 60, 180
	rgb := [6][3]int{
		{high, low + part, low}, {high - part, high, low}, {low, high, low + part},
		{low, high - part, high}, {low + part, low, high}, {high, low, high - part},
	}[hue/60]
	// Green looks lightest and blue darkest: weight them to about the same luminance.
	for lum := 30*rgb[0] + 59*rgb[1] + 11*rgb[2]; lum > 12_800; lum = 30*rgb[0] + 59*rgb[1] + 11*rgb[2] {
		for i := range rgb {
			rgb[i] = rgb[i] * 15 / 16
		}
	}
	for lum := 30*rgb[0] + 59*rgb[1] + 11*rgb[2]; lum < 11_000; lum = 30*rgb[0] + 59*rgb[1] + 11*rgb[2] {
		for i := range rgb {
			rgb[i] = min(235, rgb[i]+8)
		}
	}
	return fmt.Sprintf("%02x%02x%02x", rgb[0], rgb[1], rgb[2])
}

// codes assigns three-letter codes, each once until all 17,576 are used.
type codes struct {
	taken [26 * 26 * 26]bool
	left  int
	next  int
}

func newCodes() *codes { return &codes{left: 26 * 26 * 26} }

func (c *codes) of(surname, given string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(surname+given))
	if c.left == 0 {
		return letters[:3]
	}
	for j := 1; j < len(letters); j++ {
		for k := j + 1; k < len(letters); k++ {
			if code, ok := c.take(letters[0], letters[j], letters[k]); ok {
				return code
			}
		}
	}
	for {
		c.next++
		n := c.next % len(c.taken)
		if code, ok := c.take('A'+byte(n/676), 'A'+byte(n/26%26), 'A'+byte(n%26)); ok {
			return code
		}
	}
}

func (c *codes) take(a, b, d byte) (string, bool) {
	i := int(a-'A')*676 + int(b-'A')*26 + int(d-'A')
	if c.taken[i] {
		return "", false
	}
	c.taken[i] = true
	c.left--
	return string([]byte{a, b, d}), true
}

package drive

import "lightsout/race"

// Parameter is a figure of the model that can be given. A value is a whole number of 10^-Digits of its Unit.
type Parameter struct {
	// Path names it, from group to figure, with dots between them.
	Path, Unit        string
	Digits            int
	Min, Max, Default int64
	Doc, Source       string

	at func(*params) *int64
}

// Sources of the figures.
const (
	bySimulations = "race simulations of TU Munich, 121 races of 2014 to 2019"
	byRaces       = "measured on 23 real races of 2021 to 2023"
	byPoles       = "fitted to 15 real pole times"
	byRules       = "the sport's rules"
	byChoice      = "chosen"
)

// Parameters returns what can be given, in the order in which it is printed.
func Parameters() []Parameter { return append([]Parameter(nil), parameters...) }

var parameters = func() (all []Parameter) {
	for _, part := range [][]Parameter{
		carTable, gears(), paceTable, tyreTable(), startTable, strategyTable, failureTable, pitTable, trafficTable, flagTable,
	} {
		all = append(all, part...)
	}
	return all
}()

var carTable = []Parameter{
	{"car.mass_kg", "kg", 3, 50_000, 3_000_000, 808_000, "mass of the car and its driver with little fuel", byPoles, func(p *params) *int64 { return &p.car.massG }},
	{"car.start_mass_kg", "kg", 3, 0, 500_000, 100_000, "mass added to it at the start, for fuel", byRules, func(p *params) *int64 { return &p.car.startMassG }},
	{"car.grip", "1", 3, 300, 3_000, 1_720, "coefficient of friction of the tyres", byPoles, func(p *params) *int64 { return &p.car.gripMilli }},
	{"car.downforce_m2", "m²", 4, 0, 100_000, 49_000, "lift coefficient times area", byPoles, func(p *params) *int64 { return &p.car.downforceCM2 }},
	{"car.drag_m2", "m²", 4, 1_000, 50_000, 12_500, "drag coefficient times area", byPoles, func(p *params) *int64 { return &p.car.dragCM2 }},
	{"car.power_w", "W", 0, 5_000, 2_000_000, 700_000, "power of the engine", byPoles, func(p *params) *int64 { return &p.car.powerW }},
	{"car.efficiency", "1", 3, 300, 1_000, 930, "part of the power that reaches the wheels", byPoles, func(p *params) *int64 { return &p.car.efficiencyPermille }},
	{"car.air_kg_m3", "kg/m³", 3, 500, 2_000, 1_180, "density of the air", byPoles, func(p *params) *int64 { return &p.car.airGM3 }},
	{"car.rolling", "1", 3, 0, 100, 12, "rolling resistance as a part of the weight", byPoles, func(p *params) *int64 { return &p.car.rollingPermille }},
	{"car.gravity_m_s2", "m/s²", 3, 1_000, 30_000, 9_810, "acceleration of free fall", "standard gravity", func(p *params) *int64 { return &p.car.gravityMMS2 }},
	{"car.speed_max_m_s", "m/s", 3, 10_000, 150_000, 98_000, "highest speed", byPoles, func(p *params) *int64 { return &p.car.speedMaxMMS }},
}

// gears are the top speeds of the eight gears.
func gears() (out []Parameter) {
	for i, top := range [8]int64{26_000, 36_000, 46_000, 56_000, 66_000, 76_000, 86_000, 97_000} {
		out = append(out, Parameter{
			"car.gear_" + string(rune('1'+i)) + "_m_s", "m/s", 3, 1_000, 200_000, top,
			"speed of this gear at 11,800 rpm; concerns telemetry alone", byChoice, func(p *params) *int64 { return &p.car.gearTopMMS[i] },
		})
	}
	return out
}

var paceTable = []Parameter{
	{"pace.race_s", "s", 6, 0, 60_000_000, 3_600_000, "race pace behind the speed profile's lap, which is a qualifying lap, of 90 s", bySimulations, func(p *params) *int64 { return &p.pace.raceUS }},
	{"pace.car_spread_s", "s", 6, 0, 60_000_000, 2_300_000, "the slowest car behind the best, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.pace.carSpreadUS }},
	{"pace.driver_spread_s", "s", 6, 0, 60_000_000, 1_000_000, "the slowest driver behind the best, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.pace.driverSpreadUS }},
	{"pace.noise_s", "s", 6, 0, 10_000_000, 340_000, "standard deviation of lap times, on a lap of 90 s", byRaces, func(p *params) *int64 { return &p.pace.noiseSdUS }},
	{"pace.fuel_s", "s", 6, 0, 2_000_000, 55_800, "lap time that the fuel of one lap of 5.3 km costs: 1.8 kg at 0.031 s/kg", bySimulations, func(p *params) *int64 { return &p.pace.fuelUSPerLap }},
	{"pace.tank_kg", "kg", 3, 1_000, 1_000_000, 110_000, "fuel that a tank holds", byRules, func(p *params) *int64 { return &p.pace.tankG }},
	{"pace.fuel_kg", "kg", 3, 1, 100_000, 1_800, "fuel used on a lap of 5.3 km", bySimulations, func(p *params) *int64 { return &p.pace.fuelGPerLap }},
	{"pace.lap_floor", "1", 3, 600, 1_000, 900, "no lap is faster than this part of the profile's lap", byChoice, func(p *params) *int64 { return &p.pace.floorPermille }},
}

func tyreTable() (out []Parameter) {
	for _, one := range []struct {
		name     string
		compound race.Compound
		tyre
	}{
		{"soft", race.Soft, tyre{0, 76_000, 90, 250, 800}},
		{"medium", race.Medium, tyre{500_000, 54_000, 140, 450, 1000}},
		{"hard", race.Hard, tyre{800_000, 50_000, 200, 300, 1200}},
	} {
		c, group := one.compound, "tyres."+one.name+"."
		out = append(out,
			Parameter{group + "behind_s", "s", 6, 0, 30_000_000, one.behindUS, "lap time of a new set behind the fastest compound, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.tyres[c].behindUS }},
			Parameter{group + "wear_s", "s", 6, 0, 5_000_000, one.wearUS, "lap time that a lap of 5.3 km costs by wear, without the effect of fuel", byRaces, func(p *params) *int64 { return &p.tyres[c].wearUS }},
			Parameter{group + "life_km", "km", 0, 1, 10_000, one.lifeKM, "distance after which the wear grows faster", byRaces, func(p *params) *int64 { return &p.tyres[c].lifeKM }},
			Parameter{group + "choice", "1", 3, 0, 1_000, one.choicePermille, "how often a car that may choose takes it: a share of the three", byChoice, func(p *params) *int64 { return &p.tyres[c].choicePermille }},
			Parameter{group + "stint", "1", 3, 100, 5_000, one.stintPermille, "planned stint, as a part of the distance over the number of stints", byChoice, func(p *params) *int64 { return &p.tyres[c].stintPermille }},
		)
	}
	return append(out,
		Parameter{"tyres.wear_past_life", "1", 0, 1, 100, 3, "how many times as fast a set wears beyond its life", byChoice, func(p *params) *int64 { return &p.rubber.wearPastLife }},
		Parameter{"tyres.wear_max_part", "one in", 0, 1, 1_000, 10, "wear costs at most one in so many parts of the lap", byChoice, func(p *params) *int64 { return &p.rubber.wearMaxPart }},
		Parameter{"tyres.cold_s", "s", 6, 0, 60_000_000, 1_000_000, "lap time that cold tyres cost on the lap out of the pits, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.rubber.coldUS }},
		Parameter{"tyres.stint_noise", "1", 3, 0, 500, 80, "standard deviation of planned stints, as a part of them", byChoice, func(p *params) *int64 { return &p.rubber.stintSdPermille }},
		Parameter{"tyres.stint_min_laps", "laps", 0, 1, 1_000, 2, "shortest planned stint", byChoice, func(p *params) *int64 { return &p.rubber.stintMinLaps }},
		Parameter{"tyres.two_compounds", "0 or 1", 0, 0, 1, 1, "whether a car that stops must run two compounds", byRules, func(p *params) *int64 { return &p.rubber.twoCompounds }},
	)
}

var startTable = []Parameter{
	{"start.qualifying_noise_s", "s", 6, 0, 10_000_000, 300_000, "standard deviation of the qualifying laps that make the grid, on a lap of 90 s", byChoice, func(p *params) *int64 { return &p.start.qualifyingSdUS }},
	{"start.reaction_s", "s", 6, 0, 10_000_000, 250_000, "mean reaction to the start signal", byRaces, func(p *params) *int64 { return &p.start.reactionUS }},
	{"start.reaction_noise_s", "s", 6, 0, 2_000_000, 60_000, "standard deviation of the reaction", byRaces, func(p *params) *int64 { return &p.start.reactionSdUS }},
	{"start.reaction_min_s", "s", 6, 0, 10_000_000, 100_000, "shortest reaction", "what counts as a jump start in athletics", func(p *params) *int64 { return &p.start.reactionMinUS }},
	{"start.slot_m", "m", 3, 100, 100_000, 8_000, "distance between two places of the grid", byRules, func(p *params) *int64 { return &p.start.slotMM }},
	{"start.grid_max", "1", 3, 10, 950, 600, "longest grid, as a part of the lap; a longer one is compressed", byChoice, func(p *params) *int64 { return &p.start.gridPermilleMax }},
	{"start.cars_per_team", "cars", 0, 1, 100, 2, "cars of a team: they share a pit box, and the draw of the car's pace", byRules, func(p *params) *int64 { return &p.start.carsPerTeam }},
	{"start.pit_lane_wait_s", "s", 6, 0, 600_000_000, 5_000_000, "time after the start signal at which the pit lane opens for cars that start there", byChoice, func(p *params) *int64 { return &p.start.pitLaneWaitUS }},
}

var strategyTable = []Parameter{
	{"strategy.no_stop_laps", "laps", 0, 0, 10_000, 8, "shorter races have no planned stops", byChoice, func(p *params) *int64 { return &p.strategy.noStopLaps }},
	{"strategy.no_stop_km", "km", 0, 0, 100_000, 100, "shorter races have no planned stops", byChoice, func(p *params) *int64 { return &p.strategy.noStopKM }},
	{"strategy.one_stop_km", "km", 0, 0, 100_000, 200, "shorter races have one stop", byChoice, func(p *params) *int64 { return &p.strategy.oneStopKM }},
	{"strategy.few_stops_km", "km", 0, 0, 100_000, 400, "shorter races have one to three stops; longer ones a stop every stop_every_km", byChoice, func(p *params) *int64 { return &p.strategy.fewStopsKM }},
	{"strategy.one_stop", "1", 3, 0, 1_000, 480, "share of cars with one stop, where there are one to three", byRaces, func(p *params) *int64 { return &p.strategy.oneStopPermille }},
	{"strategy.two_stops", "1", 3, 0, 1_000, 450, "share of cars with two stops; the others stop three times", byRaces, func(p *params) *int64 { return &p.strategy.twoStopsPermille }},
	{"strategy.stop_every_km", "km", 0, 1, 100_000, 150, "distance of a stint in long races", byChoice, func(p *params) *int64 { return &p.strategy.stopEveryKM }},
	{"strategy.last_laps", "laps", 0, 0, 1_000, 3, "no planned stop with fewer laps to go", byChoice, func(p *params) *int64 { return &p.strategy.lastLaps }},
}

var failureTable = []Parameter{
	{"failures.chance", "1", 3, 0, 1_000, 143, "chance that a car breaks down within 305 km", bySimulations, func(p *params) *int64 { return &p.failures.permille }},
	{"failures.chance_max", "1", 3, 0, 1_000, 500, "highest chance, however long the race is", byChoice, func(p *params) *int64 { return &p.failures.permilleMax }},
	{"failures.roll_out_m_s2", "m/s²", 3, 500, 50_000, 5_000, "deceleration of a car that broke down", byChoice, func(p *params) *int64 { return &p.failures.rollOutMMS2 }},
}

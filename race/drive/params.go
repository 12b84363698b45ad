package drive

// params are the figures of the model. Each has a row in parameters, which says its unit, bounds, default and source; the fields here
// hold it as an integer, in the unit that ends their name or, without one, as a plain number.
type params struct {
	car      carParams
	pace     paceParams
	tyres    [4]tyre // by race.Compound
	rubber   tyreParams
	start    startParams
	strategy strategyParams
	failures failureParams
	pit      pitParams
	traffic  trafficParams
	flags    flagParams
}

// carParams are the car that drives the profile, with little fuel; fitted to 15 real pole times (mean error +0.6 %).
type carParams struct {
	massG, startMassG, gripMilli, downforceCM2, dragCM2, powerW, efficiencyPermille int64
	airGM3, rollingPermille, gravityMMS2, speedMaxMMS                               int64
	gearTopMMS                                                                      [8]int64
}

// paceParams are effects on the lap time, in microseconds on the reference lap of 90 s and 5.3 km.
type paceParams struct {
	raceUS, carSpreadUS, driverSpreadUS, noiseSdUS, fuelUSPerLap int64
	tankG, fuelGPerLap                                           int64
	floorPermille                                                int64
}

// tyre describes a compound: its lap time behind soft, its wear per lap, its life, how often it is chosen and how long its stints are.
type tyre struct{ behindUS, wearUS, lifeKM, choicePermille, stintPermille int64 }

type tyreParams struct {
	wearPastLife, wearMaxPart, coldUS, stintSdPermille, stintMinLaps, twoCompounds int64
}

type startParams struct {
	qualifyingSdUS, reactionUS, reactionSdUS, reactionMinUS, slotMM, gridPermilleMax, carsPerTeam, pitLaneWaitUS int64
}

type strategyParams struct {
	noStopLaps, noStopKM, oneStopKM, fewStopsKM, oneStopPermille, twoStopsPermille, stopEveryKM, lastLaps int64
}

type failureParams struct{ permille, permilleMax, rollOutMMS2 int64 }

type pitParams struct {
	stationaryMinMS, stationaryTailMS, stationaryMaxMS int64
	pullMMS2, brakeMMS2, approachMMS2, creepMMS        int64
}

type trafficParams struct {
	minGapMS, minGapLapPermille, duelMS, overtakingUS, overtakingMinUS, overtakingMaxUS int64
	overtakingPerKMH                                                                    int64 // in 10 µs
	duelPart, chasePart, yieldPart, lappedPart, fallBackPart, chaseSeconds, duelNoiseUS int64
	flapGapMS, flapFromLap, flapGainUS, flapLapGainMS                                   int64
}

type flagParams struct {
	yellowPart, yellowMS, yellowExtraMS, safetyCarGapMS, safetyCarPercent, catchUpPercent, virtualPercent, redBrakeMMS2 int64
}

// Reference lap of the figures in the table.
const (
	lapReferenceNS = 90_000_000_000
	lapReferenceUM = 5_300_000_000
	raceReferenceM = 305_000
)

// physics are what the speed profile is computed from. Each is a quotient of two whole numbers that a float64 holds exactly, so that it
// is rounded once, as a constant is.
type physics struct {
	massKG, gripMu, powerW, startPower, gravity, speedMax    float64 // startPower is a kilogram's at the start
	gripDownforce, gripWeight, halfDownforce, halfDrag, roll float64
}

func (c *carParams) physics() physics {
	part := func(of, whole int64) float64 { return float64(of) / float64(whole) }
	return physics{
		massKG: part(c.massG, 1e3), gripMu: part(c.gripMilli, 1e3), powerW: part(c.powerW*c.efficiencyPermille, 1e3),
		startPower: part(c.powerW*c.efficiencyPermille, c.massG+c.startMassG), gravity: part(c.gravityMMS2, 1e3),
		speedMax:      part(c.speedMaxMMS, 1e3),
		gripDownforce: part(c.gripMilli*c.airGM3*c.downforceCM2, 2e10), gripWeight: part(c.gripMilli*c.massG*c.gravityMMS2, 1e9),
		halfDownforce: part(c.airGM3*c.downforceCM2, 2e7), halfDrag: part(c.airGM3*c.dragCM2, 2e7),
		roll: part(c.rollingPermille*c.gravityMMS2, 1e6),
	}
}

// defaults are the parameters without a setup.
var defaults = func() (p params) {
	for i := range parameters {
		*parameters[i].at(&p) = parameters[i].Default
	}
	return p
}()

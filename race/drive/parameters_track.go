package drive

var pitTable = []Parameter{
	{"pit.stationary_min_s", "s", 3, 0, 600_000, 1_900, "shortest stop", bySimulations, func(p *params) *int64 { return &p.pit.stationaryMinMS }},
	{"pit.stationary_tail_s", "s", 3, 0, 600_000, 1_100, "median of what a stop takes longer; log-logistic with a shape of 1.6", bySimulations, func(p *params) *int64 { return &p.pit.stationaryTailMS }},
	{"pit.stationary_max_s", "s", 3, 0, 1_800_000, 40_000, "longest stop", byChoice, func(p *params) *int64 { return &p.pit.stationaryMaxMS }},
	{"pit.pull_m_s2", "m/s²", 3, 500, 50_000, 8_000, "acceleration out of the box", byChoice, func(p *params) *int64 { return &p.pit.pullMMS2 }},
	{"pit.brake_m_s2", "m/s²", 3, 500, 100_000, 10_000, "braking into the box", byChoice, func(p *params) *int64 { return &p.pit.brakeMMS2 }},
	{"pit.approach_m_s2", "m/s²", 3, 500, 100_000, 25_000, "braking to the limit at the pit entry; the limit is the circuit's", byChoice, func(p *params) *int64 { return &p.pit.approachMMS2 }},
	{"pit.creep_m_s", "m/s", 3, 100, 20_000, 1_000, "lowest speed on the way to the box", byChoice, func(p *params) *int64 { return &p.pit.creepMMS }},
}

var trafficTable = []Parameter{
	{"traffic.min_gap_s", "s", 3, 0, 10_000, 500, "smallest gap to the car ahead", byRaces, func(p *params) *int64 { return &p.traffic.minGapMS }},
	{"traffic.min_gap_lap", "1", 3, 0, 900, 300, "smallest gap in a crowded field: this part of the lap over the number of cars", byChoice, func(p *params) *int64 { return &p.traffic.minGapLapPermille }},
	{"traffic.duel_gap_s", "s", 3, 0, 10_000, 800, "gap within which two cars slow each other down, and may pass; at most 1.6 times the smallest gap", byRaces, func(p *params) *int64 { return &p.traffic.duelMS }},
	{"traffic.overtaking_s", "s", 6, 0, 20_000_000, 2_000_000, "advantage on a lap of 90 s that overtaking needs, where the top speed is 320 km/h", bySimulations, func(p *params) *int64 { return &p.traffic.overtakingUS }},
	{"traffic.overtaking_min_s", "s", 6, 0, 20_000_000, 1_000_000, "least advantage that overtaking needs", bySimulations, func(p *params) *int64 { return &p.traffic.overtakingMinUS }},
	{"traffic.overtaking_max_s", "s", 6, 0, 20_000_000, 4_000_000, "greatest advantage that overtaking needs", bySimulations, func(p *params) *int64 { return &p.traffic.overtakingMaxUS }},
	{"traffic.overtaking_s_per_km_h", "s per km/h", 5, 0, 100_000, 3_400, "by how much less it needs for each km/h of top speed", bySimulations, func(p *params) *int64 { return &p.traffic.overtakingPerKMH }},
	{"traffic.duel_part", "one in", 0, 5, 100_000, 300, "a duel costs both cars one in so many parts of their pace: 0.3 s of 90 s", bySimulations, func(p *params) *int64 { return &p.traffic.duelPart }},
	{"traffic.chase_part", "one in", 0, 5, 100_000, 33, "an overtaking car gains one in so many parts: slipstream and late braking", byChoice, func(p *params) *int64 { return &p.traffic.chasePart }},
	{"traffic.yield_part", "one in", 0, 5, 100_000, 67, "an overtaken car loses one in so many parts", byChoice, func(p *params) *int64 { return &p.traffic.yieldPart }},
	{"traffic.lapped_part", "one in", 0, 5, 100_000, 20, "a car that is lapped lifts by one in so many parts", byChoice, func(p *params) *int64 { return &p.traffic.lappedPart }},
	{"traffic.fall_back_part", "one in", 0, 2, 100_000, 25, "a car too close falls back by one in so many parts of the speed of the car ahead", byChoice, func(p *params) *int64 { return &p.traffic.fallBackPart }},
	{"traffic.chase_s", "s", 0, 1, 600, 12, "how long a car tries to get past", byChoice, func(p *params) *int64 { return &p.traffic.chaseSeconds }},
	{"traffic.duel_noise_s", "s", 6, 0, 20_000_000, 600_000, "standard deviation of the advantage in a duel, on a lap of 90 s", byChoice, func(p *params) *int64 { return &p.traffic.duelNoiseUS }},
	{"traffic.drs_gap_s", "s", 3, 0, 10_000, 1_000, "gap at the detection within which DRS may be used", byRules, func(p *params) *int64 { return &p.traffic.flapGapMS }},
	{"traffic.drs_from_lap", "laps", 0, 1, 10_001, 3, "first lap with DRS", byRules, func(p *params) *int64 { return &p.traffic.flapFromLap }},
	{"traffic.drs_duel_s", "s", 6, 0, 20_000_000, 500_000, "advantage that DRS gives in a duel, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.traffic.flapGainUS }},
	{"traffic.drs_lap_s", "s", 3, 0, 5_000, 500, "lap time that DRS gains, on a lap of 90 s", bySimulations, func(p *params) *int64 { return &p.traffic.flapLapGainMS }},
}

var flagTable = []Parameter{
	{"flags.yellow_part", "one in", 0, 2, 100_000, 20, "cars lift by one in so many parts under a yellow flag", byChoice, func(p *params) *int64 { return &p.flags.yellowPart }},
	{"flags.yellow_s", "s", 3, 0, 3_600_000, 20_000, "how long a yellow flag is shown for a parked car", byRaces, func(p *params) *int64 { return &p.flags.yellowMS }},
	{"flags.yellow_extra_s", "s", 3, 0, 3_600_000, 10_000, "up to how much longer it is shown", byRaces, func(p *params) *int64 { return &p.flags.yellowExtraMS }},
	{"flags.safety_car_gap_s", "s", 3, 0, 10_000, 800, "gap between cars behind the safety car", bySimulations, func(p *params) *int64 { return &p.flags.safetyCarGapMS }},
	{"flags.safety_car_lap", "1", 2, 100, 1_000, 152, "how many times as long laps behind the safety car take", bySimulations, func(p *params) *int64 { return &p.flags.safetyCarPercent }},
	{"flags.catch_up_lap", "1", 2, 100, 1_000, 120, "how many times as long laps take while a car catches up with the safety car's queue", byChoice, func(p *params) *int64 { return &p.flags.catchUpPercent }},
	{"flags.virtual_safety_car_lap", "1", 2, 100, 1_000, 130, "how many times as long laps under the virtual safety car take", bySimulations, func(p *params) *int64 { return &p.flags.virtualPercent }},
	{"flags.red_brake_m_s2", "m/s²", 3, 500, 50_000, 8_000, "braking under a red flag", byChoice, func(p *params) *int64 { return &p.flags.redBrakeMMS2 }},
}

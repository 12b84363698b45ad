package kafka

// rule is a rule of the shared log that the tests switch off, to see that they find it missing.
type rule uint16

const (
	epochStep  rule = 1 << iota // a claim is in force only with the next epoch
	fence                       // a batch counts only under the claim in force
	roleOfRace                  // simulators write up to the end of a simulated race, processors write the rest
	count                       // a batch counts only as the next one
	readOwn                     // nothing is written before the own claim was read back
	reclaim                     // who was fenced and still has the partition claims again
	resend                      // what was lost is sent again
	ids                         // a command that has a receipt is not done again
	seen                        // a command waits until its reader has folded as far as its sender had
	overRead                    // "over" is said only once the end was read back
	lowWater                    // commands are passed over only once their receipt was read back
)

func (r rule) has(one rule) bool { return r&one != 0 }

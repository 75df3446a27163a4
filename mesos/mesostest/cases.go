package mesostest

import "slices"

// cases are all of them, by subject.
func cases() []testCase {
	return slices.Concat(subscribeCases(), httpCases(), offerCases(), acceptCases(), taskErrorCases(),
		updateCases(), killCases(), reconcileCases(), executorCases(), failoverCases(), sharingCases(), drainCases())
}

package mesostest

import "slices"

// cases returns all test cases, by subject.
func cases() []testCase {
	return slices.Concat(subscribeCases(), httpCases(), offerCases(), acceptCases(), taskErrorCases(),
		updateCases(), killCases(), reconcileCases(), executorCases(), failoverCases(), sharingCases(), drainCases(), reservationCases())
}

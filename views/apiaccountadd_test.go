package views

import "testing"

func TestLongImportsListWhatFailedFirst(t *testing.T) {
	t.Parallel()
	results := make([]ImportOutcome, 2*resultsShown)
	for i := range results {
		results[i].State = ImportKnown
	}
	results[len(results)-1] = ImportOutcome{Name: "last.txt", State: ImportFailed, Problem: "It is empty."}
	p := NewAddAPIAccounts(Shell{}, results, results[0].Entry, nil, AddProblem{})
	if len(p.Results) != resultsShown || p.Results[0].Says != "It is empty." || len(p.Summary.Items) == 0 {
		t.Errorf("%d lines, the first %+v; %+v", len(p.Results), p.Results[0], p.Summary)
	}
}

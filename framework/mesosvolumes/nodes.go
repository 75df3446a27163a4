package mesosvolumes

// Present learns which nodes have an agent, and reports whether something is still to be
// done on one that had none. It keeps nodes.
func (s *State) Present(nodes map[string]bool) (back bool) {
	for _, v := range s.volumes {
		back = back || v.unfinished() && !s.present(v.Node) && nodes[v.Node]
	}
	s.nodes = nodes
	return back
}

func (s *State) present(node string) bool { return s.nodes == nil || s.nodes[node] }

// Busy reports whether offers are needed for something that is still to be done. Where
// there is no agent, none will come.
func (s *State) Busy() bool {
	for _, v := range s.volumes {
		if v.unfinished() && s.present(v.Node) {
			return true
		}
	}
	return false
}

// Package clusterdns answers DNS queries on every node: the names of the cluster's services
// and pods from what the API server shows, all others by the machine's own resolvers. It is
// CoreDNS as a library, with sockets of our own.
//
//	client → source → loadbalance → cache → kubernetes → forward
//
// Names of the cluster are answered from memory and stay known while no API server answers.
// Who is neither a pod nor a node is refused, so this is no open resolver. The sockets live
// longer than the program: while another one takes over, queries wait in them.
//
// While a host's server is silent, its queries go to other nodes' (detour), by rules that work
// without the program.
//
// The endpoints of the Service that pods ask are written by the framework, from the port
// that each executor announces on its Node.
package clusterdns

package executor

// An Observer receives the reports of a PodRunner. Its methods do not block.
type Observer interface {
	// Up is called once: the node has its address, its root directory and its
	// certificate, so nothing that an agent may lack keeps it from running pods.
	Up()

	// Pods receives all pods that are bound to the node, first when they are known
	// and then after each change.
	Pods(pods []Pod)

	// Waits receives what the node waits for before it can run any pod; the caller
	// has logged that.
	Waits(reason string)
}

// observer hands reports to the loop. A later report replaces one that the loop has not
// read yet.
type observer struct {
	up    chan struct{}
	pods  chan []Pod
	waits chan string
}

func newObserver() observer {
	return observer{up: make(chan struct{}, 1), pods: make(chan []Pod, 1), waits: make(chan string, 1)}
}

// Up implements Observer.
func (o observer) Up() { replaceLatest(o.up, struct{}{}) }

// Pods implements Observer.
func (o observer) Pods(pods []Pod) { replaceLatest(o.pods, pods) }

// Waits implements Observer.
func (o observer) Waits(reason string) { replaceLatest(o.waits, reason) }

// replaceLatest puts v into a channel of capacity 1 that only this goroutine writes to,
// replacing the value in it.
func replaceLatest[T any](c chan T, v T) {
	select {
	case <-c:
	default:
	}
	c <- v
}

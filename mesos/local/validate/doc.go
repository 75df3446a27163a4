// Package validate judges calls, frameworks and tasks as masters and agents of Mesos do,
// with their words. Its functions return what is wrong, "" if nothing is, and know no
// state: what depends on that is passed in. "old" stands for release 1.0.
package validate

package v1beta1_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/kubernetes-mesos/kubernetes-mesos/api/v1beta1"
)

// A client of 2014 reads a pod of today. Any Kubernetes API server does; here a function
// stands in for one.
func ExampleNewHandler() {
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked for", r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"kind": "Pod", "apiVersion": "v1",
			"metadata": {"name": "web", "namespace": "default", "resourceVersion": "7"},
			"spec": {"nodeName": "m1", "containers": [{"name": "nginx", "image": "nginx"}]},
			"status": {"phase": "Running"}}`)
	})
	handler := v1beta1.NewHandler(api, v1beta1.Options{})

	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/v1beta1/pods/web", nil))

	var pod struct {
		ID, SelfLink    string
		ResourceVersion int
		CurrentState    struct{ Host, Status string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &pod); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s at version %d is %s on %s\n", pod.ID, pod.ResourceVersion, pod.CurrentState.Status, pod.CurrentState.Host)
	fmt.Println(pod.SelfLink)
	// Output:
	// asked for /api/v1/namespaces/default/pods/web
	// web at version 7 is Running on m1
	// /api/v1beta1/pods/web?namespace=default
}

// What a client does wrong is answered with a Status that names the field and the cure;
// the API server is not asked.
func ExampleNewHandler_invalid() {
	api := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { fmt.Println("asked") })
	server := httptest.NewServer(v1beta1.NewHandler(api, v1beta1.Options{}))
	defer server.Close()

	resp, err := http.Get(server.URL + "/api/v1beta1/pods?fields=color%3Dred")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var status struct{ Status, Reason, Message string }
	if err := json.NewDecoder(resp.Body).Decode(&status); err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode, status.Status, status.Reason)
	fmt.Println(status.Message)
	// Output:
	// 400 Failure BadRequest
	// fields: objects of kind Pod cannot be selected by "color"
}

package mesos

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/gogo/protobuf/proto"
	pb "github.com/kubernetes-mesos/kubernetes-mesos/mesos/mesospb"
	"github.com/kubernetes-mesos/kubernetes-mesos/mesos/recordio"
)

// BenchmarkSend measures one call after another over loopback, answer included.
func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(&fakeMaster{})
	defer server.Close()
	s, err := NewScheduler(SchedulerConfig{Master: server.URL})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	h := &once{told: make(chan string, 1)}
	ended := make(chan error)
	go func() {
		ended <- s.Run(ctx, frameworkInfo, h)
	}()
	<-h.told
	call := Decline([]string{strings.Repeat("o", 45)}, 0)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Send(ctx, call); err != nil {
			b.Fatal(err)
		}
	}
	stop()
	<-ended
}

// BenchmarkOffers measures reading and decoding one OFFERS event of 10,000 agents.
func BenchmarkOffers(b *testing.B) {
	const agents = 10_000
	e := &pb.SchedulerEvent{Type: pb.SchedulerEvent_OFFERS.Enum(), Offers: &pb.SchedulerEvent_Offers{}}
	for i := range agents {
		e.Offers.Offers = append(e.Offers.Offers, realisticOffer(i))
	}
	record, err := e.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	stream := recordio.Append(nil, record)
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		record, err := recordio.NewReader(strings.NewReader(string(stream)), 0).ReadRecord()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := decodeSchedulerEvent(record, logr.Discard()); err != nil {
			b.Fatal(err)
		}
	}
}

func realisticOffer(i int) *pb.Offer {
	const master = "c01a1218-3b2c-4787-8699-11c333a52ab0"
	scalar := func(name string, v float64) *pb.Resource {
		return &pb.Resource{
			Name: &name, Type: pb.Value_SCALAR.Enum(), Scalar: &pb.Value_Scalar{Value: &v}, Role: proto.String("*"),
			AllocationInfo: &pb.Resource_AllocationInfo{Role: proto.String("*")},
		}
	}
	host := fmt.Sprintf("agent%d.mesos.test", i)
	port := int32(5051)
	return &pb.Offer{
		Id:          &pb.OfferID{Value: proto.String(fmt.Sprint(master, "-O", i))},
		FrameworkId: &pb.FrameworkID{Value: proto.String(master + "-0000")},
		AgentId:     &pb.AgentID{Value: proto.String(fmt.Sprint(master, "-S", i))},
		Hostname:    &host,
		Resources: []*pb.Resource{scalar("cpus", 8), scalar("mem", 16384), scalar("disk", 100000), {
			Name: proto.String("ports"), Type: pb.Value_RANGES.Enum(), Role: proto.String("*"),
			Ranges: &pb.Value_Ranges{Range: []*pb.Value_Range{{Begin: proto.Uint64(31000), End: proto.Uint64(32000)}}},
		}},
		Url: &pb.URL{Scheme: proto.String("http"), Address: &pb.Address{Hostname: &host, Ip: proto.String("10.0.0.1"), Port: &port}},
	}
}

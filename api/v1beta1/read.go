package v1beta1

import (
	"net/http"
	"strconv"
)

// get handles GET of an object.
func (c *call) get() error {
	o, err := c.core.get(c.req.id)
	if err != nil {
		return err
	}
	c.answer.object(http.StatusOK, o)
	return nil
}

// list handles GET of a collection, or watches it.
func (c *call) list() error {
	if on, _ := strconv.ParseBool(c.req.query.Get("watch")); on {
		return c.watch()
	}
	query, err := c.req.selectors()
	if err != nil {
		return err
	}
	o, err := c.core.list(query)
	if err != nil {
		return err
	}
	return c.answer.list(o, c.req)
}

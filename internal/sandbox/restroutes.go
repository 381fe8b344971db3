package sandbox

// graphQLRoute is the one POST that only reads.
const graphQLRoute = "POST /graphql"

// either gives the read-only and the modifying form of a scope.
func either(names ...string) []string {
	var scopes []string
	for _, name := range names {
		scopes = append(scopes, name+"_read_only", name, name+"_manage")
	}
	return scopes
}

var informationScopes = either("store_v2_information")

// restRoutes lists every path of a store.
func restRoutes() []route {
	routes := []route{
		{method: "GET", path: "/v3/hooks", answer: (*restCall).listHooks},
		{method: "POST", path: "/v3/hooks", writes: true, answer: (*restCall).createHook},
		{method: "GET", path: "/v3/hooks/{id}", answer: (*restCall).oneHook},
		{method: "PUT", path: "/v3/hooks/{id}", writes: true, answer: (*restCall).updateHook},
		{method: "DELETE", path: "/v3/hooks/{id}", writes: true, answer: (*restCall).deleteHook},
		{method: "GET", path: "/v3/hooks/admin", answer: (*restCall).hooksAdmin},
		{method: "PUT", path: "/v3/hooks/admin", writes: true, answer: (*restCall).setEmails},
		{method: "GET", path: "/v2/store", scopes: informationScopes, answer: (*restCall).storeInformation},
		{method: "GET", path: "/v2/time", answer: (*restCall).storeTime},
		{method: "GET", path: "/v3/content/scripts", scopes: either("store_v2_content", "store_content_checkout"), answer: (*restCall).listScripts},
		{method: "GET", path: "/v3/store/systemlogs", scopes: []string{"store_logs_read_only"}, answer: (*restCall).systemLogs},
		{method: "POST", path: "/graphql", answer: (*restCall).adminGraphQL},
	}
	routes = append(routes, metafieldRoutes()...)
	return append(routes, probeRoutes()...)
}

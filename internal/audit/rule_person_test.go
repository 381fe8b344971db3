package audit

import (
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

var personCases = []peopleCase{
	{&PersonOutside, "of an agency", func(w *peopleWorld) { w.come("ida@agency.example", "Ida", "Field") }, 1, Medium},
	{&PersonOutside, "of an agency and privileged", func(w *peopleWorld) { w.come("ida@agency.example", "Ida", "Field").set = []string{"Add_User"} }, 1, High},
	{&PersonOutside, "below an approved domain, which is not meant", func(w *peopleWorld) { w.come("ida@eu.corp.example", "Ida", "Field") }, 1, Medium},
	{&PersonOutside, "below an approved domain", func(w *peopleWorld) {
		w.come("ida@eu.corp.example", "Ida", "Field")
		w.policy.CompanyDomains = append(w.policy.CompanyDomains, "*.corp.example")
	}, 0, 0},
	{&PersonOutside, "no domains are approved yet", func(w *peopleWorld) { w.come("ida@agency.example", "Ida", "Field"); w.policy.CompanyDomains = nil }, 0, 0},
	{&PersonOutside, "free mail has its own rule", func(w *peopleWorld) { w.come("ida@gmail.com", "Ida", "Field") }, 0, 0},
	{&PersonOutside, "in capitals", func(w *peopleWorld) { w.come("IDA@CORP.EXAMPLE", "Ida", "Field") }, 0, 0},
	{&PersonOutside, "without an e-mail", func(w *peopleWorld) { w.come("", "Ida", "Field") }, 0, 0},
	{&PersonOutside, "only in stores of other labels", func(w *peopleWorld) {
		w.come("ida@agency.example", "Ida", "Field")
		w.policy.Limits = map[string][]string{PersonOutside.ID: {"test"}}
	}, 0, 0},

	{&PersonFreeMail, "gmail", func(w *peopleWorld) { w.come("ida@GMail.com", "Ida", "Field") }, 1, Medium},
	{&PersonFreeMail, "a list of one's own", func(w *peopleWorld) {
		w.come("ida@post.example", "Ida", "Field")
		w.policy.FreeMailDomains = []string{"post.example"}
	}, 1, Medium},
	{&PersonFreeMail, "a domain that only looks like it", func(w *peopleWorld) { w.come("ida@notgmail.com", "Ida", "Field") }, 0, 0},
	{&PersonFreeMail, "approved", func(w *peopleWorld) {
		w.come("ida@gmail.com", "Ida", "Field")
		w.policy.CompanyDomains = append(w.policy.CompanyDomains, "gmail.com")
	}, 0, 0},

	{&PersonRoleMailbox, "support", func(w *peopleWorld) { w.come("support@corp.example", "Ida", "Field") }, 1, Medium},
	{&PersonRoleMailbox, "orders of a region", func(w *peopleWorld) { w.come("orders-eu2@corp.example", "Ida", "Field") }, 1, Medium},
	{&PersonRoleMailbox, "a team by name", func(w *peopleWorld) { w.come("wt@corp.example", "Web", "Team") }, 1, Medium},
	{&PersonRoleMailbox, "a tag behind a plus", func(w *peopleWorld) { w.come("admin+north@corp.example", "Ida", "Field") }, 1, Medium},
	{&PersonRoleMailbox, "a name that contains the word", func(w *peopleWorld) { w.come("marketa.stockton@corp.example", "Marketa", "Stockton") }, 0, 0},
	{&PersonRoleMailbox, "a person of sales", func(w *peopleWorld) { w.come("anna.sales@corp.example", "Anna", "Sales") }, 0, 0},
	{&PersonRoleMailbox, "no words", func(w *peopleWorld) { w.come("support@corp.example", "Ida", "Field"); w.policy.RoleWords = []string{} }, 0, 0},

	{&PersonSameName, "two e-mails", func(w *peopleWorld) { w.come("s.reed@agency.example", "sam", "REED") }, 1, Low},
	{&PersonSameName, "one is privileged", func(w *peopleWorld) { w.come("s.reed@agency.example", "Sam", "Reed").set = []string{"Add_User"} }, 1, Medium},
	{&PersonSameName, "the same e-mail under two ids", func(w *peopleWorld) { w.come("SAM@corp.example", "Sam", "Reed") }, 0, 0},
	{&PersonSameName, "first name only", func(w *peopleWorld) {
		w.users[2].who.LastName = ""
		w.come("s.reed@agency.example", "Sam", "")
	}, 0, 0},
	{&PersonSameName, "last names differ", func(w *peopleWorld) { w.come("s.read@agency.example", "Sam", "Read") }, 0, 0},

	{&PersonDrift, "more in one store", func(w *peopleWorld) { w.at(2, 2).set = plus(staff(), "Manage_News") }, 1, Low},
	{&PersonDrift, "privileged in one store", func(w *peopleWorld) { w.at(2, 2).set = plus(staff(), "Add_User") }, 1, Medium},
	{&PersonDrift, "only less", func(w *peopleWorld) { w.at(2, 2).set = staff()[1:] }, 1, Low},
	{&PersonDrift, "switched off there", func(w *peopleWorld) {
		w.at(2, 2).set, w.at(2, 2).status = plus(staff(), "Manage_News"), org.StatusInactive
	}, 0, 0},
	{&PersonDrift, "not read there", func(w *peopleWorld) { w.at(2, 2).set = nil }, 0, 0},
	{&PersonDrift, "in another order and twice", func(w *peopleWorld) { w.at(2, 2).set = append(slices.Clone(staff()), staff()[0], org.Filler) }, 0, 0},

	{&PersonCustom, "few deviations", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "Manage_News", "Customer_Groups", "Add_Customer", "View_XMLSitemap")
	}, 1, Note},
	{&PersonCustom, "many deviations", func(w *peopleWorld) { w.at(1, 2).set = []string{"Manage_Orders", "Manage_News"} }, 1, Low},
	{&PersonCustom, "three beside the role", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Manage_News", "Customer_Groups", "Add_Customer") }, 0, 0},
	{&PersonCustom, "unknown names do not count", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "New_1", "New_2", "New_3", "New_4", "New_5") }, 0, 0},
	{&PersonCustom, "no rights", func(w *peopleWorld) { w.at(1, 2).set = []string{org.Filler} }, 0, 0},

	{&PersonChangesCode, "staff with scripts", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Manage_Scripts") }, 1, Medium},
	{&PersonChangesCode, "an administrator", func(w *peopleWorld) { w.at(1, 2).set = org.Preset(org.RoleAdministrator) }, 1, Low},
	{&PersonChangesCode, "approved", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "Manage_Scripts")
		w.policy.CodeHolders = append(w.policy.CodeHolders, Holder{Email: "sam@corp.example", Stores: []string{"north"}})
	}, 0, 0},
	{&PersonChangesCode, "pages only", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Manage_News") }, 0, 0},

	{&PersonExports, "staff with exports", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Export_Orders") }, 1, Medium},
	{&PersonExports, "exports products", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Export_Products") }, 0, 0},
	{&PersonExports, "switched off", func(w *peopleWorld) {
		w.at(1, 2).set, w.at(1, 2).status = plus(staff(), "Export_Orders"), org.StatusInactive
	}, 0, 0},

	{&PersonDuties, "refund and store credit", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Manage_Store_Credit") }, 1, Medium},
	{&PersonDuties, "two combinations", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "Manage_Store_Credit", "Purge_Orders") }, 2, Medium},
	{&PersonDuties, "one of one's own", func(w *peopleWorld) {
		w.policy.Duties = []Duty{{"coupons", "Coupons and banners", [][]string{{"Add_Coupons"}, {"Manage_Banners"}}}}
		w.leave(1, 3)
		w.leave(2, 3)
		w.leave(3, 3)
	}, 1, Medium},
	{&PersonDuties, "in different stores", func(w *peopleWorld) {
		w.at(1, 2).set = []string{"Edit_Orders", "Refund_Orders"}
		w.at(2, 2).set, w.at(3, 2).set = []string{"Manage_Store_Credit"}, []string{"Purge_Orders"}
	}, 0, 0},
	{&PersonDuties, "two of three", func(*peopleWorld) {}, 0, 0},
	{&PersonDuties, "none are listed", func(w *peopleWorld) {
		w.at(1, 2).set, w.policy.Duties = plus(staff(), "Manage_Store_Credit"), []Duty{}
	}, 0, 0},

	{&PersonNoStore, "left behind", func(w *peopleWorld) { w.come("ida@corp.example", "Ida", "Field"); w.leave(1, 4) }, 1, Low},
	{&PersonNoStore, "a store was not read", func(w *peopleWorld) {
		w.come("ida@corp.example", "Ida", "Field")
		w.leave(1, 4)
		w.fail(2, org.FacetIncomplete)
	}, 0, 0},
	{&PersonNoStore, "the list was not read to the end", func(w *peopleWorld) {
		w.come("ida@corp.example", "Ida", "Field")
		w.leave(1, 4)
		w.frame.AccountList.State = org.FacetIncomplete
	}, 0, 0},
	{&PersonNoStore, "the stores were not all listed", func(w *peopleWorld) {
		w.come("ida@corp.example", "Ida", "Field")
		w.leave(1, 4)
		w.frame.StoreList.State = org.FacetFailed
	}, 0, 0},
	{&PersonNoStore, "new", func(w *peopleWorld) {
		w.come("ida@corp.example", "Ida", "Field")
		w.leave(1, 4)
		w.users[4].listed = daysAgo(10)
	}, 0, 0},

	{&PersonNotListed, "not in the list", func(w *peopleWorld) { w.users[2].inAccount = org.No }, 1, Medium},
	{&PersonNotListed, "privileged and not in the list", func(w *peopleWorld) { w.users[1].inAccount = org.No }, 1, High},
	{&PersonNotListed, "the list is older than the access", func(w *peopleWorld) {
		s := w.come("ida@corp.example", "Ida", "Field")
		s.first = daysAgo(1)
		w.users[4].inAccount, w.users[4].listed = org.No, time.Unix(0, 0)
		w.frame.AccountList.ReadAt = daysAgo(2)
	}, 0, 0},
	{&PersonNotListed, "the list was not read to the end", func(w *peopleWorld) { w.users[2].inAccount, w.frame.AccountList.State = org.No, org.FacetIncomplete }, 0, 0},
	{&PersonNotListed, "nobody knows", func(w *peopleWorld) { w.users[2].inAccount = org.Unknown }, 0, 0},
}

func TestPersonRules(t *testing.T) { runPeopleCases(t, personCases) }

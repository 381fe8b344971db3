package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
)

// filler stands in nearly every list and means nothing (facts 3.1).
const filler = "No_Permission_Required"

// permissionTable holds every documented name by area; " S" marks sales staff, " O" the store owner alone (facts 3.1).
var permissionTable = []struct{ area, names string }{
	{"Products", "Manage_Products O, Create_Product, Edit_Products, Delete_Products, Export_Products, Import_Products, Manage_ProductAttributes"},
	{"Categories", "Manage_Categories, Create_Category, Edit_Categories, Delete_Categories, Manage_Brands, Add_Brands, Edit_Brands, Delete_Brands"},
	{"Reviews", "Manage_Reviews S, Edit_Reviews S, Delete_Reviews S, Approve_Reviews S"},
	{"Orders", "Manage_Orders S, Edit_Orders S, Add_Orders S, Manage_Returns S, Capture_Funds S, Refund_Orders S, Export_Orders, Delete_Orders, Undelete_Orders, Purge_Orders, Order_Messages, Import_Order_Tracking_Numbers, Customize_Order_Statuses"},
	{"Customers", "Manage_Customers S, Edit_Customers S, Add_Customer, Delete_Customers, Export_Customers, Import_Customers, Manage_Store_Credit, Customer_Groups, Newsletter_Subscribers"},
	{"Marketing", "Manage_Coupons S, Add_Coupons S, Edit_Coupons S, Delete_Coupons S, Manage_Promotions S, Add_Promotions S, Edit_Promotions S, Delete_Promotions S, Manage_Banners S, Manage_GiftCertificates S, Manage_EmailMarketing, Manage_AbandonedCartNotifications, Export_Froogle, Ebay_Selling, Facebook_Selling, Shopping_Comparison, Google_Adwords O, Yahoo_Search_Marketing O"},
	{"Content", "Manage_Pages S, Add_Pages S, Edit_Pages S, Delete_Pages S, Manage_Images S, Manage_News, View_XMLSitemap, Manage_Redirects"},
	{"Channels", "Read_Channels S, Create_Channels, Edit_Channels, Delete_Channels, Read_Locations S, Create_Locations, Edit_Locations, Delete_Locations, Manage_Inventory"},
	{"Design", "Manage_Templates, Design_Mode, Manage_Scripts, Purchase_Theme O"},
	{"Settings", "Manage_Settings, Manage_Payments, Manage_Shipping, Manage_Tax, Manage_Order_Settings, Manage_Customer_Settings, Manage_Abandoned_Cart_Settings, Manage_Cart_Settings, Manage_FormFields, Add_FormFields, Edit_FormFields, Delete_FormFields, Manage_ExportTemplates, Manage_PriceLists, Manage_DNS_Records, Manage_EmailAccounts O, See_Store_During_Maintenance, Manage_Logs, Manage_Addons O"},
	{"Data", "Manage_Web_Analytics, Manage_Data_Warehouses, Manage_Customer_Data_Platforms"},
	{"Statistics", "Statistics_Overview, Statistics_Products, Statistics_Orders, Statistics_Customers, Statistics_Search, Statistics_AbandonedCarts, Statistics_JirafeOverview, Statistics_JirafeRealTime, Statistics_JirafeMerchandising, Statistics_JirafeMarketing, Statistics_JirafeOrders, Statistics_JirafeCustomers, Statistics_JirafePurchaseFunnel, Statistics_JirafeAbandonedCarts, Statistics_JirafeInsights, Statistics_JirafeCarts, Statistics_JirafeIntegrations O"},
	{"Users", "Add_User, Edit_Users, Delete_Users, Manage_Users O"},
	{"Apps", "IntegratedApps_LoadApp S, IntegratedApps_InstallApp O, IntegratedApps_UninstallApp O"},
	{"Tokens", "Create_Store_API_Tokens O, List_Store_API_Tokens O, Delete_Store_API_Tokens O, Grant_High_Risk_Store_Permissions O"},
	{"Filler", filler + " S"},
}

// roles are the permission lists of the documented example users, read from the table once.
type roles struct {
	owner, admin, staff []string
	byArea              map[string][]string
	all                 []string // without filler
	ordinary            []string // all that an administrator may hold, without filler
}

var presets = readPresets()

func readPresets() roles {
	r := roles{byArea: map[string][]string{}}
	for _, row := range permissionTable {
		for entry := range strings.SplitSeq(row.names, ", ") {
			name, mark, _ := strings.Cut(entry, " ")
			r.owner = append(r.owner, name)
			r.byArea[row.area] = append(r.byArea[row.area], name)
			if mark != "O" {
				r.admin = append(r.admin, name)
			}
			if mark == "S" {
				r.staff = append(r.staff, name)
			}
		}
	}
	r.all = without(r.owner, filler)
	r.ordinary = without(r.admin, filler)
	return r
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}

// permissionSet is one list of rights, shared by everybody who holds just that list.
type permissionSet struct {
	index int
	raw   []string // as served, with duplicates
	names []string // sorted, each once, without filler
	json  []byte   // raw as JSON
	mark  []string // what the engine is given in place of raw (see mark)
}

// permissionSets keeps each list once.
type permissionSets struct {
	byKey map[string]*permissionSet
	list  []*permissionSet
}

func newPermissionSets() permissionSets { return permissionSets{byKey: map[string]*permissionSet{}} }

// raw gives the shared set of a list that is served as it stands.
func (p *permissionSets) raw(list []string) *permissionSet {
	key := strings.Join(list, "\x00")
	if set := p.byKey[key]; set != nil {
		return set
	}
	set := &permissionSet{index: len(p.list), raw: slices.Clone(list), names: distinct(list)}
	if set.raw == nil {
		set.raw = []string{}
	}
	set.json, _ = json.Marshal(set.raw)
	set.mark = markedPermissions(set)
	p.byKey[key] = set
	p.list = append(p.list, set)
	return set
}

// of gives the shared set of a list of names, adding filler and the duplicates that are documented (facts 1.3).
func (p *permissionSets) of(names []string) *permissionSet {
	list := slices.Clone(names)
	if !slices.Contains(list, filler) {
		list = append(list, filler)
	}
	for _, twice := range []string{"Manage_Brands", "Manage_ProductAttributes", filler} {
		if len(list) > 1 && slices.Contains(list, twice) && len(names) != len(presets.owner) {
			list = append(list, twice)
		}
	}
	return p.raw(list)
}

func distinct(names []string) []string {
	out := without(names, filler)
	slices.Sort(out)
	return slices.Compact(out)
}

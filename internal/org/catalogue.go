package org

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Area is a group of permissions as the control panel orders them (facts 3.1).
type Area struct {
	Name  string
	Names []string
}

// catalogue holds the permission names of the documented example users. A trailing * marks those that the
// sales staff example holds, a trailing ! those that only the owner example holds (facts 3.1).
var catalogue = []struct{ area, names string }{
	{"Products", "Manage_Products! Create_Product Edit_Products Delete_Products Export_Products Import_Products Manage_ProductAttributes"},
	{"Categories and brands", "Manage_Categories Create_Category Edit_Categories Delete_Categories Manage_Brands Add_Brands Edit_Brands Delete_Brands"},
	{"Reviews", "Manage_Reviews* Edit_Reviews* Delete_Reviews* Approve_Reviews*"},
	{"Orders", "Manage_Orders* Edit_Orders* Add_Orders* Manage_Returns* Capture_Funds* Refund_Orders* Export_Orders Delete_Orders Undelete_Orders Purge_Orders Order_Messages Import_Order_Tracking_Numbers Customize_Order_Statuses"},
	{"Customers", "Manage_Customers* Edit_Customers* Add_Customer Delete_Customers Export_Customers Import_Customers Manage_Store_Credit Customer_Groups Newsletter_Subscribers"},
	{"Marketing", "Manage_Coupons* Add_Coupons* Edit_Coupons* Delete_Coupons* Manage_Promotions* Add_Promotions* Edit_Promotions* Delete_Promotions* Manage_Banners* Manage_GiftCertificates* Manage_EmailMarketing Manage_AbandonedCartNotifications Export_Froogle Ebay_Selling Facebook_Selling Shopping_Comparison Google_Adwords! Yahoo_Search_Marketing!"},
	{"Content", "Manage_Pages* Add_Pages* Edit_Pages* Delete_Pages* Manage_Images* Manage_News View_XMLSitemap Manage_Redirects"},
	{"Channels and locations", "Read_Channels* Create_Channels Edit_Channels Delete_Channels Read_Locations* Create_Locations Edit_Locations Delete_Locations Manage_Inventory"},
	{"Design and code", "Manage_Templates Design_Mode Manage_Scripts Purchase_Theme!"},
	{"Settings", "Manage_Settings Manage_Payments Manage_Shipping Manage_Tax Manage_Order_Settings Manage_Customer_Settings Manage_Abandoned_Cart_Settings Manage_Cart_Settings Manage_FormFields Add_FormFields Edit_FormFields Delete_FormFields Manage_ExportTemplates Manage_PriceLists Manage_DNS_Records Manage_EmailAccounts! See_Store_During_Maintenance Manage_Logs Manage_Addons!"},
	{"Data", "Manage_Web_Analytics Manage_Data_Warehouses Manage_Customer_Data_Platforms"},
	{"Statistics", "Statistics_Overview Statistics_Products Statistics_Orders Statistics_Customers Statistics_Search Statistics_AbandonedCarts Statistics_JirafeOverview Statistics_JirafeRealTime Statistics_JirafeMerchandising Statistics_JirafeMarketing Statistics_JirafeOrders Statistics_JirafeCustomers Statistics_JirafePurchaseFunnel Statistics_JirafeAbandonedCarts Statistics_JirafeInsights Statistics_JirafeCarts Statistics_JirafeIntegrations!"},
	{"Users", "Add_User Edit_Users Delete_Users Manage_Users!"},
	{"Apps", "IntegratedApps_LoadApp* IntegratedApps_InstallApp! IntegratedApps_UninstallApp!"},
	{"API accounts", "Create_Store_API_Tokens! List_Store_API_Tokens! Delete_Store_API_Tokens! Grant_High_Risk_Store_Permissions!"},
}

// UnknownArea is where permissions go that the catalogue does not hold.
const UnknownArea = "Not known to Rollcall"

var (
	areas       []Area
	areaOf      = map[string]string{}
	ownerSet    PermissionSet
	adminSet    PermissionSet
	staffSet    PermissionSet
	areaOfIndex = map[string]int{}
)

func init() {
	var owner, admin, staff []string
	for i, group := range catalogue {
		area := Area{Name: group.area}
		for _, word := range strings.Fields(group.names) {
			name := strings.TrimRight(word, "*!")
			area.Names = append(area.Names, name)
			areaOf[name] = group.area
			owner = append(owner, name)
			if !strings.HasSuffix(word, "!") {
				admin = append(admin, name)
			}
			if strings.HasSuffix(word, "*") {
				staff = append(staff, name)
			}
		}
		areas = append(areas, area)
		areaOfIndex[area.Name] = i
	}
	ownerSet, adminSet, staffSet = NewPermissionSet(owner), NewPermissionSet(admin), NewPermissionSet(staff)
}

// Areas lists the catalogue in the control panel's order. The caller must not change it.
func Areas() []Area { return areas }

// AreaOf is the area of a permission, UnknownArea for names outside the catalogue.
func AreaOf(permission string) string {
	if area, known := areaOf[permission]; known {
		return area
	}
	return UnknownArea
}

// Group orders permissions by area for display; empty areas are left out, unknown names come last.
func (s PermissionSet) Group() []Area {
	groups := make([]Area, len(areas)+1)
	for _, name := range s {
		i, known := areaOfIndex[AreaOf(name)]
		if !known {
			i = len(areas)
		}
		groups[i] = Area{Name: AreaOf(name), Names: append(groups[i].Names, name)}
	}
	return slices.DeleteFunc(groups, func(a Area) bool { return len(a.Names) == 0 })
}

var wordStart = regexp.MustCompile(`([a-z])([A-Z])|([A-Z])([A-Z][a-z])`)

// PermissionLabel turns an API name into words: Manage_ProductAttributes becomes "Manage product attributes".
func PermissionLabel(name string) string {
	if label, known := labels()[name]; known {
		return label
	}
	return permissionLabel(name)
}

// labels holds those of the catalogue: a page writes hundreds.
var labels = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for _, area := range areas {
		for _, name := range area.Names {
			all[name] = permissionLabel(name)
		}
	}
	return all
})

func permissionLabel(name string) string {
	name = strings.ReplaceAll(strings.TrimPrefix(name, "IntegratedApps_"), "_", " ")
	words := strings.Fields(wordStart.ReplaceAllString(name, "$1$3 $2$4"))
	for i, word := range words {
		if i > 0 && strings.ToUpper(word) != word {
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// privileged: what each permission allows, in the words of the reason that pages show (facts 3.2, design 6).
var privileged = map[string]string{
	"Create_Store_API_Tokens":           "create API accounts that act on the store without a person",
	"List_Store_API_Tokens":             "see the store's API accounts",
	"Delete_Store_API_Tokens":           "delete API accounts and with them their webhooks",
	"IntegratedApps_InstallApp":         "install apps that read and change store data",
	"IntegratedApps_UninstallApp":       "uninstall apps",
	"Grant_High_Risk_Store_Permissions": "grant high-risk permissions to others, which only an owner or an equal can",
	"Manage_Users":                      "manage who can sign in to the store",
	"Add_User":                          "add users to the store",
	"Edit_Users":                        "change the rights of other users",
	"Delete_Users":                      "remove users from the store",
}

var sensitiveOnly = map[string]string{
	"IntegratedApps_LoadApp": "open installed apps",
	"Manage_Payments":        "change payment settings",
	"Manage_Settings":        "change store settings",
	"Manage_DNS_Records":     "change where the store's domain points",
	"Manage_Scripts":         "put scripts on storefront pages",
	"Manage_Templates":       "change theme code",
	"Design_Mode":            "change storefront pages in design mode",
	"Export_Customers":       "download customer data",
	"Export_Orders":          "download order data",
	"Refund_Orders":          "refund orders",
	"Capture_Funds":          "capture payments",
	"Manage_Store_Credit":    "give store credit",
	"Purge_Orders":           "delete orders for good",
	"Manage_Redirects":       "redirect storefront addresses",
}

var sensitive = func() map[string]string {
	all := map[string]string{}
	for _, list := range []map[string]string{privileged, sensitiveOnly} {
		for name, allows := range list {
			all[name] = allows
		}
	}
	delete(all, "IntegratedApps_LoadApp") // sales staff holds it, so alone it is no alarm (facts 3.2)
	return all
}()

// Allows tells in plain words what a privileged or sensitive permission lets its holder do; empty for others.
func Allows(permission string) string {
	if text := privileged[permission]; text != "" {
		return text
	}
	return sensitiveOnly[permission]
}

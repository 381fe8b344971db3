package sandbox

import "strings"

func words(text string) []string { return strings.Fields(text) }

var (
	firstNames = words(`Ada Adrian Aisha Alexander Alice Amélie Ana Anders Andrea Anika Antonio Arjun Astrid Aylin Beatriz Ben Bianca Björn
		Camille Carlos Carmen Caroline Charlotte Chidi Chloé Clara Daan Daniel Daria David Deepa Diego Dmitri Edith Elena Elias Elif Emil Emma Enzo
		Erik Esther Eva Fatima Felix Femke Fiona Francesca Freya Gabriel Georgia Giulia Grace Gustav Hana Hannah Harriet Hassan Helen Henrik Hiro
		Hugo Ibrahim Ida Imani Ines Ingrid Isaac Isabel Ivan Jack Jakub James Jana Jasper Javier Jelena Joanna Johan Jonas Jorge Josefin Julia Kai Karim
		Karolina Kasia Katarina Kenji Kofi Lara Lars Laura Leila Lena Leo Liam Lina Linh Lisa Louis Lucía Luka Maja Malik Marco Maria Marta Mateo
		Matilda Max Maya Mei Mia Michał Mila Milan Mohammed Nadia Naomi Nathan Nikhil Nina Noah Nora Olga Oliver Olivia Omar Oscar Paola Pavel Pedro
		Petra Priya Quentin Rahul Rania Rosa Ruben Ruth Samir Samuel Sandra Sara Sebastian Selma Simon Sofia Sven Tara Theo Thomas Tomás Uma Valeria
		Vera Victor Wei William Yara Yuki Yusuf Zainab Zoë`)
	lastNames = words(`Abbott Acheampong Ahmed Alvarez Andersson Bakker Banerjee Barros Bauer Becker Bennett Bergström Bianchi Blanc Bondarenko Brandt
		Brooks Carvalho Castillo Chen Clarke Costa Cruz Dahl Das Delgado Demir Diallo Dubois Duarte Eriksen Esposito Evans Farah Fernández Ferrari
		Fischer Fontaine Foster García Gomes Gonzalez Graf Grant Greco Gupta Haas Hansen Hayashi Hernández Hoffmann Holm Horvat Hughes Hussein Ibrahimović
		Ito Ivanova Jansen Jensen Johnson Jones Kaya Keller Khan Kim Klein Kowalski Kozłowska Krüger Kumar Lambert Larsen Laurent Lee Leroy Lindqvist
		Lombardi López MacDonald Marino Martin Mbeki Mehta Mendoza Meyer Moreau Moretti Morgan Müller Murphy Nakamura Nguyen Nielsen Novák Nowak Nwosu
		Okafor Olsen Ortega Osei Owens Park Patel Pereira Petrov Phillips Popescu Ramos Rao Reed Ricci Richter Rossi Roux Russo Sato Schmidt Schneider
		Shah Sharma Silva Singh Smirnov Smit Sørensen Suzuki Svensson Tanaka Taylor Thompson Torres Tran Turner Vargas Vasquez Virtanen Visser Vogel
		Wagner Walker Wang Weber Wójcik Wong Wright Yamamoto Yılmaz Young Zhang Zieliński`)
	brands   = []string{"Northlight", "Trailhead Supply", "Summit & Sons", "Harbour Canvas", "Fernwood Home", "Kestrel Cycles", "Tidal Surf Co", "Emberstone", "Oakline Tools", "Juniper Kids", "Atlas Optics", "Wildgrain Foods"}
	regions  = words(`US UK DE FR IT ES NL BE AT CH SE NO DK FI PL PT IE CZ HU RO GR CA MX BR AU NZ JP SG AE ZA`)
	lines    = []string{"", "Outlet", "Wholesale", "B2B", "Clearance", "Staging", "Pro", "Members"}
	agencies = []string{"brightpixel.example", "studio-meridian.example", "cartcraft.example"}
	freeMail = []string{"freemail.example", "postbox.example"}
	locales  = []string{"en", "en", "en", "en-US", "en-US", "en-GB", "de", "fr", "es", "it", "uk", "zh"}

	appNames = []string{
		"Address Validator", "Back in Stock Alerts", "Bulk Price Editor", "Channel Connect", "Customer Reviews Plus", "Data Export Hub",
		"Discount Scheduler", "EDI Bridge", "Email Studio", "ERP Sync", "Feed Manager", "Fraud Guard", "Gift Card Desk", "Inventory Planner",
		"Loyalty Circle", "Marketplace Listings", "Order Printer", "Page Builder Extras", "Quote Desk", "Returns Portal", "Search & Filter", "Shipping Rates Pro",
		"Subscriptions Desk", "Support Inbox", "Tax Assistant", "Translation Desk", "Warehouse Link", "Web Analytics Bridge",
	}

	// awkwardNames break naive files, tables and layouts. None begins with a sign: whoever sees the first page of a
	// list of the demo, sorted by name, should meet people first.
	awkwardNames = [][2]string{
		{"Marsh", `=HYPERLINK("http://x","y")`},
		{"Sean", "O'Neil"},
		{"小龙", "李"},
		{"Line\nBreak", "Carter"},
		{strings.Repeat("Maximiliane-", 9) + "Antonia", strings.Repeat("von Hohenfels-", 8) + "Stein"},
		{"עדי", "כהן"},
		{"محمد", "الفارسي"},
		{"Zoe\u0308", "Ngu\u0302\u0323y"},
		{"Cher", ""},
		{"🦊 Robin", "Fox 🚲"},
		{"Tag", "<script>alert(1)</script>"},
		{"Ivo @import", "+1-555"},
		{"Semi;colon", `Quote"d`},
		{"Back\\slash", "Comma, Jr."},
		{"Dash", "=1+1"},
		{"Trail ", "\tTab"},
		{"ǅemal", "İnönü"},
		{"", ""},
	}
)

package views

import "github.com/a-h/templ"

// Page is what every constructor returns: something that renders a whole document.
type Page interface{ Component() templ.Component }

package sandbox

import (
	"context"
)

// The sandbox is read-only: each mutation of the schema is understood and refused, for the scope that the token lacks
// or else because nothing can be changed here.

var errReadOnly = said("Not Found: the sandbox is read-only and has nothing to change")

// refuse is the answer to a mutation that needs a scope.
func refuse(ctx context.Context, scope string) error {
	if err := callOf(ctx).need(scope); err != nil {
		return err
	}
	return errReadOnly
}

type mutationRoot struct{}

type (
	accountMutations      struct{}
	appMutations          struct{}
	checkoutMutations     struct{}
	subscriptionMutations struct{}
	userMutations         struct{}
)

func (*mutationRoot) Account() *accountMutations           { return &accountMutations{} }
func (*mutationRoot) App() *appMutations                   { return &appMutations{} }
func (*mutationRoot) Checkout() *checkoutMutations         { return &checkoutMutations{} }
func (*mutationRoot) Subscription() *subscriptionMutations { return &subscriptionMutations{} }
func (*mutationRoot) User() *userMutations                 { return &userMutations{} }

type accountResult struct{ Account *accountNode[storeUser] }

type removedFromAccount struct{ AccountID, UserID id }

func (*accountMutations) AddUserToAccount(ctx context.Context, _ struct {
	Input struct{ Email string }
},
) (*accountResult, error) {
	return nil, refuse(ctx, "account_users_write")
}

func (*accountMutations) RemoveUserFromAccount(ctx context.Context, _ struct {
	Input struct {
		Email  *string
		UserID *id
	}
},
) (*removedFromAccount, error) {
	return nil, refuse(ctx, "account_users_delete")
}

type userResult struct{ User *user }

type newUser struct{ Email, FirstName, LastName, Locale string }

func (*userMutations) CreateUser(ctx context.Context, _ struct{ Input newUser }) (*userResult, error) {
	return nil, refuse(ctx, "account_users_write")
}

func (*userMutations) CreateUserWithPassword(ctx context.Context, _ struct {
	Input struct{ Email, FirstName, LastName, Locale, Password, PasswordConfirmation string }
},
) (*userResult, error) {
	return nil, refuse(ctx, "account_users_write")
}

type storeResult struct {
	StoreID id
	User    *user
}

func (*userMutations) AddUserToStore(ctx context.Context, _ struct {
	Input struct {
		StoreID id
		User    struct {
			Email *string
			ID    *id
		}
	}
},
) (*storeResult, error) {
	return nil, refuse(ctx, "account_users_write")
}

func (*userMutations) RemoveUserFromStore(ctx context.Context, _ struct {
	Input struct{ StoreID, UserID id }
},
) (*storeResult, error) {
	return nil, refuse(ctx, "account_users_delete")
}

type eventSourceResult struct{ EventSource *eventSource }

type deletedEventSource struct {
	DeletedEventSourceID id
	AffectedWebhooksIDs  []id
}

func (*appMutations) CreateEventSource(ctx context.Context, _ struct {
	Input struct {
		AppID                                          id
		AwsAccount, EventSourceName, EventSourceRegion string
	}
},
) (*eventSourceResult, error) {
	return nil, refuse(ctx, "account_apps_write")
}

func (*appMutations) DeleteEventSource(ctx context.Context, _ struct {
	Input struct{ AppID, ID id }
},
) (*deletedEventSource, error) {
	return nil, refuse(ctx, "account_apps_write")
}

type cancelledSubscription struct {
	SubscriptionID *id
	CancelledAt    *dateTime
}

func (*subscriptionMutations) CancelSubscription(ctx context.Context, _ struct {
	Input struct{ ID id }
},
) (*cancelledSubscription, error) {
	return nil, refuse(ctx, "account_subscriptions_cancel")
}

type checkoutResult struct{ Checkout *checkout }

// partInput serves as product and as scope of an item.
type partInput struct {
	ID           *id
	ProductLevel *string
	Type         *string
}

type itemInput struct {
	Description string
	PricingPlan struct {
		Interval string
		Price    struct {
			CurrencyCode string
			Value        bigDecimal
		}
		TrialDays *int32
	}
	Product        *partInput
	RedirectURL    string
	Scope          *partInput
	SubscriptionID *id
}

func (*checkoutMutations) CreateCheckout(ctx context.Context, _ struct {
	Input struct {
		AccountID id
		Items     []itemInput
	}
},
) (*checkoutResult, error) {
	return nil, refuse(ctx, "account_checkouts_create")
}
